import type { RuleTraceEntry } from '#streams/rules/rule-trace.ts'

/** A line with its place in the trace of its rule. */
export interface NumberedEntry extends RuleTraceEntry {
  readonly seq: number
}

/** Lines kept of each rule; the oldest give way. */
const KEPT_MAX = 1_000
/** A rule is traced for so long after somebody has looked. */
const LEASE_MS = 30_000

interface Watched {
  readonly entries: NumberedEntry[]
  nextSeq: number
  untilMs: number
}

/** Which rules somebody looks at, and what they did. */
export class RuleTraces {
  readonly #watched: Map<string, Watched>

  constructor() {
    this.#watched = new Map()
  }

  /** Somebody looks at a rule; true when nobody did before. */
  watch(id: string, nowMs: number): boolean {
    const known = this.#watched.get(id)
    const untilMs = nowMs + LEASE_MS
    if (known !== undefined) known.untilMs = untilMs
    else this.#watched.set(id, { entries: [], nextSeq: 1, untilMs })
    return known === undefined
  }

  /** Forgets rules that nobody looks at any more; true when there were some. */
  expire(nowMs: number): boolean {
    const before = this.#watched.size
    for (const [id, { untilMs }] of this.#watched) if (untilMs < nowMs) this.#watched.delete(id)
    return this.#watched.size < before
  }

  /** Rules that are traced. */
  get ids(): readonly string[] {
    return [...this.#watched.keys()]
  }

  /** Takes what shards have sent. */
  add(entries: readonly RuleTraceEntry[]): void {
    for (const entry of entries.toSorted((a, b) => a.atMs - b.atMs)) {
      const watched = this.#watched.get(entry.rule)
      if (watched === undefined) continue
      watched.entries.push({ ...entry, seq: watched.nextSeq++ })
      if (watched.entries.length > KEPT_MAX) watched.entries.shift()
    }
  }

  /** Lines of a rule behind this number. */
  after(id: string, seq: number): readonly NumberedEntry[] {
    return this.#watched.get(id)?.entries.filter((entry) => entry.seq > seq) ?? []
  }
}
