import type { Value } from '#plugin/value.ts'
import { toText } from '../values/to-text.ts'

/** What a traced rule did. */
export const TRACE_STEPS = [
  'matched',
  'sql_failed',
  'no_result',
  'output',
  'action_rendered',
  'action_succeeded',
  'action_failed',
  'action_discarded',
] as const
export type TraceStep = (typeof TRACE_STEPS)[number]

/** One line of the trace of a rule. Can be sent to a thread. */
export interface RuleTraceEntry {
  readonly atMs: number
  readonly rule: string
  readonly step: TraceStep
  /** What there is to say, as text; long texts are cut. */
  readonly fields: Readonly<Record<string, string>>
}

/** Takes the lines of one rule. */
export type RuleTraceSink = (step: TraceStep, fields: Readonly<Record<string, Value>>) => void

/** Lines that a shard keeps until they are fetched. */
const WAITING_MAX = 1_000
/** Characters of a text that are kept. */
const TEXT_MAX = 2_048

/** Makes a line. */
export function traceEntry(
  atMs: number,
  rule: string,
  step: TraceStep,
  fields: Readonly<Record<string, Value>>,
): RuleTraceEntry {
  const texts = Object.entries(fields).flatMap(([name, value]) => {
    if (value === undefined) return []
    const text = toText(value)
    return [[name, text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text] as const]
  })
  return { atMs, rule, step, fields: Object.fromEntries(texts) }
}

/** Lines that wait to be fetched; the oldest give way. */
export class RuleTraceBuffer {
  #entries: RuleTraceEntry[]

  constructor() {
    this.#entries = []
  }

  add(entry: RuleTraceEntry): void {
    this.#entries.push(entry)
    if (this.#entries.length > WAITING_MAX) this.#entries.shift()
  }

  /** All lines; none is left. */
  take(): readonly RuleTraceEntry[] {
    const entries = this.#entries
    this.#entries = []
    return entries
  }
}
