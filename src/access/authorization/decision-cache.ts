import type { RememberedDecision } from '#broker/ports.ts'
import type { QoS } from '#broker/qos.ts'
import type { Rule } from './rule.ts'

/** What was decided about one topic. Plain fields: hot. */
class Entry {
  /** Bit 2 × QoS + retain is set when it was decided. */
  known: number
  /** The same bits, set when it was allowed. */
  allowed: number
  readonly untilMs: number

  constructor(untilMs: number) {
    this.known = 0
    this.allowed = 0
    this.untilMs = untilMs
  }
}

/** What `DecisionCache` says of a request. */
export const Remembered = { UNKNOWN: 0, ALLOWED: 1, DENIED: 2 } as const
export type Remembered = (typeof Remembered)[keyof typeof Remembered]

/**
 * Decisions about one client, in the order they were made; the oldest goes for a further one. A hit
 * allocates nothing. Plain fields: hot.
 */
export class DecisionCache {
  /** Rules that came with the credentials, compiled. */
  readonly ownRules: readonly Rule[] | undefined
  /** Of the sources: what was decided under another one holds no more. */
  generation: number
  publishes: Map<string, Entry>
  subscribes: Map<string, Entry>
  #lastTopic: string
  #last: Entry | undefined

  constructor(generation: number, ownRules: readonly Rule[] | undefined) {
    this.ownRules = ownRules
    this.generation = generation
    this.publishes = new Map()
    this.subscribes = new Map()
    this.#lastTopic = ''
    this.#last = undefined
  }

  /** Topics that are remembered. */
  get size(): number {
    return this.publishes.size + this.subscribes.size
  }

  /** Forgets everything. */
  clear(generation: number): void {
    this.generation = generation
    this.publishes.clear()
    this.subscribes.clear()
    this.#last = undefined
  }

  /** Hot path. */
  publish(topic: string, qos: number, retain: boolean, nowMs: number): Remembered {
    let entry = this.#last
    if (entry === undefined || topic !== this.#lastTopic) {
      entry = this.publishes.get(topic)
      if (entry === undefined) return Remembered.UNKNOWN
      this.#lastTopic = topic
      this.#last = entry
    }
    return read(entry, retain ? 2 * qos + 1 : 2 * qos, nowMs)
  }

  subscribe(filter: string, qos: number, nowMs: number): Remembered {
    const entry = this.subscribes.get(filter)
    return entry === undefined ? Remembered.UNKNOWN : read(entry, 2 * qos, nowMs)
  }

  /** @param untilMs when it is to be forgotten; an entry keeps the time it began with */
  remember(
    action: 'publish' | 'subscribe',
    topic: string,
    qos: number,
    retain: boolean,
    allowed: boolean,
    times: { readonly nowMs: number; readonly untilMs: number },
    sizeMax: number,
  ): void {
    const table = action === 'publish' ? this.publishes : this.subscribes
    let entry = table.get(topic)
    if (entry === undefined || entry.untilMs <= times.nowMs) {
      table.delete(topic)
      if (this.size >= sizeMax) this.#forgetOldest(table)
      entry = new Entry(times.untilMs)
      table.set(topic, entry)
      this.#last = undefined
    }
    const bit = 1 << (2 * qos + (retain ? 1 : 0))
    entry.known |= bit
    entry.allowed = allowed ? entry.allowed | bit : entry.allowed & ~bit
  }

  /** What is remembered, for people; `atMs` is on the clock of `untilMs`. */
  list(nowMs: number, lifetimeMs: number): readonly RememberedDecision[] {
    const found: RememberedDecision[] = []
    for (const action of ['publish', 'subscribe'] as const) {
      const table = action === 'publish' ? this.publishes : this.subscribes
      for (const [topic, { known, allowed, untilMs }] of table) {
        if (untilMs <= nowMs) continue
        for (let bit = 0; bit < 6; bit++) {
          if (((known >> bit) & 1) === 0) continue
          const qos = (bit >> 1) as QoS // 0 to 2.
          const isAllowed = ((allowed >> bit) & 1) === 1
          const retain = (bit & 1) === 1
          found.push({ action, topic, qos, retain, isAllowed, atMs: untilMs - lifetimeMs })
        }
      }
    }
    return found
  }

  #forgetOldest(table: Map<string, Entry>): void {
    const full =
      table.size > 0 ? table : table === this.publishes ? this.subscribes : this.publishes
    for (const oldest of full.keys()) {
      full.delete(oldest)
      return
    }
  }
}

function read(entry: Entry, bit: number, nowMs: number): Remembered {
  if (((entry.known >> bit) & 1) === 0 || entry.untilMs <= nowMs) return Remembered.UNKNOWN
  return ((entry.allowed >> bit) & 1) === 1 ? Remembered.ALLOWED : Remembered.DENIED
}
