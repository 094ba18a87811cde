import { EventLog } from './event-log.ts'

/** Bytes by index, growing. */
class Tally {
  #bytes = new Uint8Array(1024)

  get(index: number): number {
    return this.#bytes[index] ?? 0
  }

  set(index: number, value: number): void {
    if (index >= this.#bytes.length) {
      const grown = new Uint8Array(Math.max(index + 1, this.#bytes.length * 2))
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    this.#bytes[index] = value
  }
}

/** What can be wrong. */
export type ProblemKind =
  | 'lost'
  | 'twice'
  | 'disordered'
  | 'retained'
  | 'filter'
  | 'session'
  | 'refused'
  | 'protocol'

/** Problems of one kind that are told in words; of more there is the number. */
const SHOWN_MAX = 12

/** What the broker did wrong. */
export class Problems {
  readonly events = new EventLog()
  readonly #byKind = new Map<ProblemKind, string[]>()

  add(kind: ProblemKind, text: string): void {
    const texts = this.#byKind.get(kind)
    if (texts === undefined) this.#byKind.set(kind, [text])
    else texts.push(text)
  }

  /** A problem with one message; of the first of each kind the whole story is told. */
  addOf(kind: ProblemKind, stream: Stream, number: number, text: string): void {
    const isFirst = !this.#byKind.has(kind)
    this.add(kind, isFirst ? `${text}\n${this.events.story(stream.topic, number)}` : text)
  }

  /** How many there are of each kind. */
  get counts(): Partial<Record<ProblemKind, number>> {
    return Object.fromEntries([...this.#byKind].map(([kind, texts]) => [kind, texts.length]))
  }

  toString(): string {
    const lines = [...this.#byKind].flatMap(([kind, texts]) => {
      const more = texts.length - SHOWN_MAX
      const shown = texts.slice(0, SHOWN_MAX).map((text) => `${kind}: ${text}`)
      return more > 0 ? [...shown, `${kind}: and ${more} more`] : shown
    })
    return lines.join('\n')
  }
}

/** All messages to one topic by its only publisher, numbered from 1. */
export class Stream {
  readonly topic: string
  readonly qos: 1 | 2
  sent = 0
  ackedCount = 0
  /** By number: the run of the broker in which it was acknowledged; 0 = never. */
  readonly #acked = new Tally()

  constructor(topic: string, qos: 1 | 2) {
    this.topic = topic
    this.qos = qos
  }

  acked(number: number, run: number): void {
    if (this.#acked.get(number) === 0) this.ackedCount++
    this.#acked.set(number, Math.min(run, 255))
  }

  /** The run in which the broker acknowledged a message; 0 = it did not. */
  ackedIn(number: number): number {
    return this.#acked.get(number)
  }
}

interface Received {
  readonly counts: Tally
  highest: number
  different: number
}

/** What a receiver is to get. */
export interface Expectation {
  readonly name: string
  /** Subscribed with QoS 2: messages of that QoS arrive once. */
  exactlyOnce(stream: Stream): boolean
  expects(stream: Stream): boolean
  /** False for a shared subscription, whose members get parts. */
  readonly ordered: boolean
}

/** What one subscriber, or one group of them, received. */
export class Receiver {
  readonly expectation: Expectation
  readonly #problems: Problems
  readonly #byTopic = new Map<string, Received>()

  constructor(expectation: Expectation, problems: Problems) {
    this.expectation = expectation
    this.#problems = problems
  }

  /** Messages received, repetitions not counted. */
  get different(): number {
    let sum = 0
    for (const { different } of this.#byTopic.values()) sum += different
    return sum
  }

  /** A message arrived. */
  arrived(stream: Stream, number: number, run: number): void {
    const received = this.#receivedOf(stream.topic)
    const { counts } = received
    const { name, ordered } = this.expectation
    const count = counts.get(number) + 1
    counts.set(number, Math.min(count, 255))
    if (count > 1) {
      if (!this.expectation.exactlyOnce(stream)) return
      const what = `${name} got ${stream.topic} ${number} again, in run ${run}`
      this.#problems.addOf('twice', stream, number, what)
      return
    }
    received.different++
    if (ordered && number < received.highest) {
      const what = `${stream.topic} ${number} after ${received.highest}`
      this.#problems.addOf('disordered', stream, number, `${name} got ${what}, in run ${run}`)
    }
    received.highest = Math.max(received.highest, number)
  }

  /** True when every acknowledged message of these streams is here. */
  isComplete(streams: Iterable<Stream>): boolean {
    for (const stream of streams) {
      if (!this.expectation.expects(stream)) continue
      if (this.#receivedOf(stream.topic).different < stream.ackedCount) return false
    }
    return true
  }

  /** Reports every acknowledged message that is missing. */
  reportMissing(streams: Iterable<Stream>): void {
    for (const stream of streams) {
      if (!this.expectation.expects(stream)) continue
      const { counts } = this.#receivedOf(stream.topic)
      for (let number = 1; number <= stream.sent; number++) {
        const run = stream.ackedIn(number)
        if (run === 0 || counts.get(number) > 0) continue
        const what = `${stream.topic} ${number}, acknowledged in run ${run}`
        this.#problems.addOf('lost', stream, number, `${this.expectation.name} never got ${what}`)
      }
    }
  }

  #receivedOf(topic: string): Received {
    let received = this.#byTopic.get(topic)
    if (received === undefined) {
      received = { counts: new Tally(), highest: 0, different: 0 }
      this.#byTopic.set(topic, received)
    }
    return received
  }
}
