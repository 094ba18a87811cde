import type { Outgoing } from '../session/outgoing.ts'

/** When a subscriber counts as slow. */
export interface SlowSettings {
  readonly thresholdMs: number
  /** Records of this shard; those that took longest stay. */
  readonly recordsMax: number
  /** Records end when nothing as slow has come for so long. */
  readonly expireMs: number
  /**
   * What is measured until the acknowledgement: `whole` from the arrival of the message,
   * `response` from when it was sent; `internal` is the time until it was sent.
   */
  readonly type: 'whole' | 'internal' | 'response'
}

/** The longest time that a topic took to a client. */
export interface SlowRecord {
  readonly clientId: string
  readonly topic: string
  readonly timespanMs: number
  readonly lastMs: number
}

/**
 * Remembers which clients take longest for messages of QoS 1 and 2. The shard has one only while
 * that is switched on.
 */
export class SlowWatch {
  readonly #settings: SlowSettings
  readonly #records = new Map<string, SlowRecord>()

  constructor(settings: SlowSettings) {
    this.#settings = settings
  }

  /** A message was acknowledged. */
  acknowledged(clientId: string, outgoing: Outgoing, nowMs: number): void {
    const { message, sentAtMs } = outgoing
    if (message === undefined) return
    const whole = nowMs - message.receivedAtMs
    const response = nowMs - sentAtMs
    const { type, thresholdMs, recordsMax } = this.#settings
    const measured = type === 'whole' ? whole : type === 'response' ? response : whole - response
    const timespanMs = Math.max(0, Math.round(measured))
    if (timespanMs < thresholdMs) return
    const { topic } = message.topic
    const key = `${clientId}\0${topic}`
    const before = this.#records.get(key)
    const longest = Math.max(timespanMs, before?.timespanMs ?? 0)
    this.#records.set(key, { clientId, topic, timespanMs: longest, lastMs: nowMs })
    if (this.#records.size > recordsMax) this.#dropShortest()
  }

  /** Records that are not over, the longest first. */
  read(nowMs: number): readonly SlowRecord[] {
    for (const [key, { lastMs }] of this.#records) {
      if (nowMs - lastMs > this.#settings.expireMs) this.#records.delete(key)
    }
    return [...this.#records.values()].toSorted((a, b) => b.timespanMs - a.timespanMs)
  }

  clear(): void {
    this.#records.clear()
  }

  #dropShortest(): void {
    let shortest: string | undefined
    let least = Number.POSITIVE_INFINITY
    for (const [key, { timespanMs }] of this.#records) {
      if (timespanMs >= least) continue
      least = timespanMs
      shortest = key
    }
    if (shortest !== undefined) this.#records.delete(shortest)
  }
}
