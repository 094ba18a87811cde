import type { LogRecord } from './log-record.ts'

/** A record with its number: later ones have higher numbers. */
export interface LogEntry {
  readonly id: number
  readonly record: LogRecord
}

interface Held extends LogEntry {
  readonly chars: number
}

/** Limits of what is remembered. */
export interface LogRingLimits {
  readonly recordsMax: number
  /** Characters of all messages and fields together, as JSON. */
  readonly charsMax: number
}

const LIMITS: LogRingLimits = { recordsMax: 4_000, charsMax: 4_000_000 }

/** The latest records of the log, for people who look at it; the oldest make room. */
export class LogRing {
  readonly #limits: LogRingLimits
  readonly #listeners = new Set<() => void>()
  #entries: Held[] = []
  #chars = 0
  #lastId = 0

  constructor(limits: LogRingLimits = LIMITS) {
    this.#limits = limits
  }

  /** Number of the latest record; 0: there was none yet. */
  get lastId(): number {
    return this.#lastId
  }

  /** What is remembered, the oldest first. */
  get entries(): readonly LogEntry[] {
    return this.#entries
  }

  add(record: LogRecord): void {
    const chars = record.message.length + sizeOf(record.fields)
    this.#entries.push({ id: ++this.#lastId, record, chars })
    this.#chars += chars
    const { recordsMax, charsMax } = this.#limits
    let gone = 0
    while (this.#entries.length - gone > recordsMax || this.#chars > charsMax) {
      const oldest = this.#entries[gone]
      if (oldest === undefined) break
      this.#chars -= oldest.chars
      gone++
    }
    if (gone > 0) this.#entries.splice(0, gone)
    for (const listener of this.#listeners) listener()
  }

  /** Calls the listener after each record, until the returned function is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

function sizeOf(fields: LogRecord['fields']): number {
  try {
    return JSON.stringify(fields).length
  } catch {
    // What JSON has no form for takes as much as is plausible.
    return 1_000
  }
}
