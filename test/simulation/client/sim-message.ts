import type { Prng } from '../engine/prng.ts'

/** What became of a message, as its publisher knows. */
export const Outcome = {
  /** Made, or sent and not answered. */
  OPEN: 'open',
  ACKNOWLEDGED: 'acknowledged',
  /** The broker said no: it may come or not. */
  REFUSED: 'refused',
  /** The publisher lost its session before the answer: it may come or not. */
  ABANDONED: 'abandoned',
} as const
export type Outcome = (typeof Outcome)[keyof typeof Outcome]

export type MessageKind = 'publish' | 'will' | 'delayed'

/** One message of an application; its number is in its payload. */
export interface SimMessage {
  readonly id: number
  /** Name of the device that published it. */
  readonly publisher: string
  /** Where subscribers find it. */
  readonly topic: string
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  readonly kind: MessageKind
  readonly payload: Buffer
  /**
   * Its publisher shares its client id with others: only that nothing acknowledged is lost holds.
   */
  readonly twin: boolean
  /** For delayed ones: how long. */
  readonly delaySeconds: number
  /** -1 = not yet. */
  sentAtMs: number
  outcome: Outcome
  /** Times it was sent again. */
  resent: number
  /** A crash took the broker's half of its session along, and 3.1 has no way to say so. */
  forgotten: boolean
}

/** All messages of a run by number. */
export class MessageBook {
  readonly #messages: Map<number, SimMessage>
  readonly #prng: Prng
  #next: number

  constructor(prng: Prng) {
    this.#messages = new Map()
    this.#prng = prng
    this.#next = 1
  }

  get all(): Iterable<SimMessage> {
    return this.#messages.values()
  }

  make(
    fields: Omit<SimMessage, 'id' | 'payload' | 'sentAtMs' | 'outcome' | 'resent' | 'forgotten'>,
  ): SimMessage {
    const id = this.#next++
    const message: SimMessage = {
      ...fields,
      id,
      payload: this.#payload(id),
      sentAtMs: -1,
      outcome: Outcome.OPEN,
      resent: 0,
      forgotten: false,
    }
    this.#messages.set(id, message)
    return message
  }

  /** The message that a payload belongs to. */
  find(payload: Buffer): SimMessage | undefined {
    const end = payload.indexOf(SEPARATOR)
    return end === -1 ? undefined : this.#messages.get(Number(payload.toString('latin1', 0, end)))
  }

  /** Mostly short, sometimes long enough to be stored once for several queues, or sent in place. */
  #payload(id: number): Buffer {
    const length = this.#prng.weighted([
      [60, this.#prng.below(20)],
      [30, this.#prng.between(32, 300)],
      [9, this.#prng.between(300, 3_000)],
      [1, this.#prng.between(4_096, 12_000)],
    ])
    const head = `${id}|`
    const payload = Buffer.allocUnsafe(head.length + length)
    payload.write(head, 'latin1')
    for (let at = head.length; at < payload.length; at++) payload[at] = (id * 31 + at * 7) & 0xff
    return payload
  }
}

const SEPARATOR = 0x7c
