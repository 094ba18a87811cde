import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { type Arrival, LoadClient, type Publish, SESSION_LOST } from '../support/load-client.ts'
import type { Random } from '../../support/random.ts'
import { Receiver, Stream, type Expectation, type Problems } from './ledger.ts'

const { V311, V5 } = ProtocolVersion
const NUMBER_BYTES = 4
const PAYLOAD_BYTES_MAX = 200
const BIG_PAYLOAD_BYTES = 6_000
const WINDOW = 12
const RETAINED_TOPICS = 8
const DELAY_SECONDS_MAX = 6

/** What all clients of a run share. */
export interface Run {
  readonly random: Random
  readonly problems: Problems
  readonly streams: Map<string, Stream>
  /** Counts the starts of the broker. */
  number: number
  port: number
  /** Longest time without anything new until what is missing counts as lost. */
  readonly patienceMs: number
}

function makeClient(run: Run, clientId: string, version: ProtocolVersion): LoadClient {
  const client = new LoadClient({ clientId, version, clean: false, window: WINDOW })
  client.onWrong = (what) => noteWrong(run, clientId, what)
  return client
}

/** A client found the broker to break the protocol, or its session to be gone. */
export function noteWrong(run: Run, clientId: string, what: string): void {
  const kind = what === SESSION_LOST ? 'session' : 'protocol'
  run.problems.add(kind, `${clientId}: ${what} (run ${run.number})`)
}

function payloadOf(run: Run, number: number): Buffer {
  const { random } = run
  const big = random.chance(0.02)
  const size = big ? BIG_PAYLOAD_BYTES : random.between(NUMBER_BYTES, PAYLOAD_BYTES_MAX)
  const payload = Buffer.alloc(size)
  payload.writeUInt32BE(number)
  return payload
}

function noteRefusal(run: Run, publish: Publish, reason: number): boolean {
  if (reason < 0x80) return false
  run.problems.add('refused', `${publish.topic} was refused with ${reason}`)
  return true
}

/** A client that takes part in the load. */
export interface Actor {
  readonly client: LoadClient
  /** Does a little of its work; called every few ms while the broker runs. */
  act(): void
}

/** Publishes numbered messages to topics of its own. */
export class Publisher implements Actor {
  readonly client: LoadClient
  readonly #run: Run
  readonly #streams: readonly Stream[]
  readonly #numbers = new Map<Publish, readonly [Stream, number]>()

  constructor(run: Run, name: string, version: ProtocolVersion, qos: 1 | 2) {
    this.#run = run
    this.#streams = ['a', 'b'].map((area) => new Stream(`k/${area}/${name}`, qos))
    for (const stream of this.#streams) run.streams.set(stream.topic, stream)
    this.client = makeClient(run, name, version)
    this.client.onAcked = (publish, reason) => this.#acked(publish, reason)
    this.client.onRepeat = (publish) => this.#note('repeats', publish)
  }

  act(): void {
    const { random } = this.#run
    for (let count = random.between(0, 3); count > 0 && this.client.room > 0; count--) {
      const stream = random.pick(this.#streams)
      const number = ++stream.sent
      const payload = payloadOf(this.#run, number)
      const publish = this.client.publish(stream.topic, payload, stream.qos)
      this.#numbers.set(publish, [stream, number])
      this.#note('sends', publish)
    }
  }

  #note(what: string, publish: Publish): void {
    const { events } = this.#run.problems
    const { topic, packetId, payload } = publish
    const detail = `(identifier ${packetId})`
    events.add(this.#run.number, this.client.clientId, what, topic, payload.readUInt32BE(), detail)
  }

  #acked(publish: Publish, reason: number): void {
    const entry = this.#numbers.get(publish)
    this.#numbers.delete(publish)
    this.#note('is acknowledged', publish)
    if (entry === undefined || noteRefusal(this.#run, publish, reason)) return
    entry[0].acked(entry[1], this.#run.number)
  }
}

/** Publishes to `$delayed/`; every message has a topic of its own below `d/`. */
export class DelayedPublisher implements Actor {
  readonly client: LoadClient
  readonly #run: Run
  readonly #qos: 1 | 2
  readonly #stream: Stream

  constructor(run: Run, name: string, version: ProtocolVersion, qos: 1 | 2) {
    this.#run = run
    this.#qos = qos
    this.#stream = new Stream(`d/${name}`, qos)
    run.streams.set(this.#stream.topic, this.#stream)
    this.client = makeClient(run, name, version)
    this.client.onAcked = (publish, reason) => {
      if (noteRefusal(run, publish, reason)) return
      this.#stream.acked(publish.payload.readUInt32BE(), run.number)
    }
  }

  act(): void {
    const { random } = this.#run
    if (this.client.room <= 0 || !random.chance(0.2)) return
    const number = ++this.#stream.sent
    const seconds = random.between(1, DELAY_SECONDS_MAX)
    const topic = `$delayed/${seconds}/${this.#stream.topic}`
    this.client.publish(topic, payloadOf(this.#run, number), this.#qos)
  }
}

interface RetainedTopic {
  readonly topic: string
  /** By number of the change from 1: whether it set a value (or removed it). */
  readonly sets: boolean[]
  acked: number
}

/** Sets and removes retained messages. The number of the change is the value. */
export class RetainedPublisher implements Actor {
  readonly client: LoadClient
  readonly #run: Run
  readonly #qos: 1 | 2
  readonly #topics: readonly RetainedTopic[]
  readonly #changes = new Map<Publish, readonly [RetainedTopic, number]>()

  constructor(run: Run, name: string, version: ProtocolVersion, qos: 1 | 2) {
    this.#run = run
    this.#qos = qos
    this.#topics = Array.from({ length: RETAINED_TOPICS }, (_, index) => {
      return { topic: `r/${name}/${index}`, sets: [false], acked: 0 }
    })
    this.client = makeClient(run, name, version)
    this.client.onAcked = (publish, reason) => {
      const change = this.#changes.get(publish)
      this.#changes.delete(publish)
      if (change === undefined || noteRefusal(run, publish, reason)) return
      change[0].acked = Math.max(change[0].acked, change[1])
    }
  }

  act(): void {
    const { random } = this.#run
    if (this.client.room <= 0 || !random.chance(0.5)) return
    const topic = random.pick(this.#topics)
    const isSet = random.chance(0.75)
    const number = topic.sets.push(isSet) - 1
    const payload = isSet ? payloadOf(this.#run, number) : Buffer.alloc(0)
    this.#changes.set(this.client.publish(topic.topic, payload, this.#qos, true), [topic, number])
  }

  /**
   * Reads the retained messages as a new client. Has to be called before the publisher is
   * connected again: the last acknowledged change, or one sent after it, must be what is stored.
   */
  async check(): Promise<void> {
    const run = this.#run
    const found = new Map<string, number>()
    let changed = (): void => {}
    const client = new LoadClient({ clientId: `reader-of-${this.client.clientId}` })
    client.onMessage = ({ topic, payload }) => {
      found.set(topic, payload.readUInt32BE())
      changed()
    }
    await client.connect(run.port)
    await client.subscribe(`r/${this.client.clientId}/#`, 1)
    const complete = (): boolean =>
      this.#topics.every(({ topic, sets, acked }) => {
        return found.has(topic) || sets.slice(acked).includes(false)
      })
    await Promise.race([
      new Promise<void>((resolve) => {
        changed = () => complete() && resolve()
        changed()
      }),
      new Promise((resolve) => setTimeout(resolve, run.patienceMs)),
    ])
    await client.ping()
    client.leave()
    for (const { topic, sets, acked } of this.#topics) {
      const number = found.get(topic)
      const possible = sets.flatMap((isSet, at) => (at >= acked ? [isSet ? at : undefined] : []))
      if (possible.includes(number)) continue
      const wanted = `[${possible.map((value) => value ?? 'none').join(', ')}]`
      const is = `${topic} holds ${number ?? 'nothing'}`
      run.problems.add('retained', `${is}, possible is ${wanted} (run ${run.number})`)
    }
  }
}

/** A subscriber with a stored session. */
export class Subscriber implements Actor {
  readonly client: LoadClient
  readonly #subscriptions: readonly (readonly [filter: string, qos: 1 | 2])[]

  constructor(
    run: Run,
    name: string,
    version: ProtocolVersion,
    subscriptions: readonly (readonly [filter: string, qos: 1 | 2])[],
    receiver: Receiver,
  ) {
    this.#subscriptions = subscriptions
    this.client = makeClient(run, name, version)
    this.client.onMessage = ({ topic, payload, packetId, qos, dup }: Arrival) => {
      const stream = run.streams.get(topic)
      const detail = `(QoS ${qos}, identifier ${packetId}${dup ? ', DUP' : ''})`
      const { events } = run.problems
      events.add(run.number, name, 'gets', topic, payload.readUInt32BE(), detail)
      if (stream === undefined) run.problems.add('protocol', `${name} got ${topic}`)
      else receiver.arrived(stream, payload.readUInt32BE(), run.number)
    }
  }

  act(): void {}

  /** Subscribes, once for the whole run. */
  async subscribe(): Promise<void> {
    for (const [filter, qos] of this.#subscriptions) await this.client.subscribe(filter, qos)
  }
}

/** All subscribers of a run and what each has to receive. */
export interface Audience {
  readonly subscribers: readonly Subscriber[]
  readonly receivers: readonly Receiver[]
}

/** Subscribers with plain, overlapping and shared subscriptions. */
export function makeAudience(run: Run): Audience {
  const receivers: Receiver[] = []
  const receiver = (expectation: Expectation): Receiver => {
    const made = new Receiver(expectation, run.problems)
    receivers.push(made)
    return made
  }
  const below = (prefix: string) => (stream: Stream) => stream.topic.startsWith(prefix)
  const twice = (stream: Stream): boolean => stream.qos === 2
  const all = { expects: below('k/'), exactlyOnce: twice, ordered: true }
  const group = receiver({ ...all, name: 'group', ordered: false })
  const member = (name: string, version: ProtocolVersion): Subscriber => {
    return new Subscriber(run, name, version, [['$share/g/k/#', 2]], group)
  }
  const plain = receiver({ ...all, name: 'plain' })
  const overlapping = receiver({
    ...all,
    name: 'overlapping',
    exactlyOnce: (stream) => stream.qos === 2 && stream.topic.startsWith('k/a/'),
  })
  const sometimes = receiver({ ...all, name: 'sometimes' })
  const seldom = receiver({ ...all, name: 'seldom', expects: below('k/b/') })
  const later = receiver({ ...all, name: 'later', expects: below('d/'), ordered: false })
  const overlaps = [
    ['k/a/#', 2],
    ['k/+/+', 1],
  ] as const
  const doubled = [
    ['k/b/#', 2],
    ['k/b/+', 2],
  ] as const
  const subscribers = [
    new Subscriber(run, 'plain', V5, [['k/#', 2]], plain),
    new Subscriber(run, 'overlapping', V311, overlaps, overlapping),
    new Subscriber(run, 'sometimes', V5, [['k/#', 2]], sometimes),
    new Subscriber(run, 'seldom', V311, doubled, seldom),
    new Subscriber(run, 'later', V5, [['d/#', 2]], later),
    member('member-1', V5),
    member('member-2', V311),
    member('member-3', V5),
  ]
  return { subscribers, receivers }
}
