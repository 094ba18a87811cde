import type { FunctionServices, ValueStore } from '#plugin/define-function.ts'
import type { MutableValueMap, Value, ValueMap } from '#plugin/value.ts'
import type { Row } from '../sql/row.ts'
import { explainNoResult } from './explain-no-result.ts'
import type { Rule } from './make-rule.ts'
import { matchedFields } from './rule-trial.ts'
import { type RuleTraceEntry, traceEntry, type TraceStep } from './rule-trace.ts'

/** A statement that is no rule, to be run on what passes. Can be sent to a thread. */
export interface LiveTestSpec {
  readonly id: string
  readonly sql: string
  /** Records it is run on; later ones pass unseen. */
  readonly recordsMax: number
}

/** Outputs of one FOREACH that are shown. */
const OUTPUTS_SHOWN_MAX = 5
/** Values that the functions of one test have put; the oldest give way. */
const VALUES_PUT_MAX = 1_000

/**
 * Runs a statement on the records of its sources and notes what came of each: the outputs, or why
 * there are none. Nothing is counted, logged or changed by it.
 */
export class LiveTest {
  readonly #rule: Rule
  readonly #services: FunctionServices
  readonly #nowMs: () => number
  #left: number
  #entries: RuleTraceEntry[]

  /** @param services of the shard: what functions put there stays within the test */
  constructor(rule: Rule, recordsMax: number, services: FunctionServices, nowMs: () => number) {
    this.#rule = rule
    this.#services = withOwnValues(services)
    this.#nowMs = nowMs
    this.#left = recordsMax
    this.#entries = []
  }

  /** Runs the statement, unless it has seen as many records as it may. */
  run(row: Row): void {
    if (this.#left <= 0) return
    this.#left--
    try {
      const outputs = this.#rule.program(row, this.#services)
      if (outputs.length > 0) this.#note('output', row, shownOutputs(outputs))
      else this.#note('no_result', row, this.#explain(row))
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#note('sql_failed', row, { reason })
    }
  }

  /** What came of the records since this was asked last. */
  take(): readonly RuleTraceEntry[] {
    const entries = this.#entries
    this.#entries = []
    return entries
  }

  #explain(row: Row): ValueMap {
    const { spec, statement } = this.#rule
    return explainNoResult(spec.sql, statement, row, this.#services)
  }

  #note(step: TraceStep, row: Row, fields: ValueMap): void {
    const all = { ...matchedFields(row), ...fields }
    this.#entries.push(traceEntry(this.#nowMs(), this.#rule.id, step, all))
  }
}

function shownOutputs(outputs: readonly ValueMap[]): ValueMap {
  const [output] = outputs
  if (outputs.length === 1) return { output }
  const shown: MutableValueMap = { outputs: outputs.length }
  for (const [index, one] of outputs.slice(0, OUTPUTS_SHOWN_MAX).entries()) {
    shown[`output_${index + 1}`] = one
  }
  return shown
}

/** Services whose stores can be read, and are not changed. */
function withOwnValues(services: FunctionServices): FunctionServices {
  const publishers = new Map<string, ValueStore>()
  return {
    nowMs: () => services.nowMs(),
    random: () => services.random(),
    environment: (name) => services.environment(name),
    shared: overlay(services.shared),
    privateTo(clientId) {
      const known = publishers.get(clientId) ?? overlay(services.privateTo(clientId))
      publishers.set(clientId, known)
      return known
    },
    jqTimeoutMs: services.jqTimeoutMs,
    schemas: services.schemas,
  }
}

/** Reads through to a store; what is set or deleted is so for the reader alone. */
function overlay(store: ValueStore): ValueStore {
  const put = new Map<string, Value>()
  const set = (key: string, value: Value): void => {
    put.delete(key)
    put.set(key, value)
    const [oldest] = put.keys()
    if (put.size > VALUES_PUT_MAX && oldest !== undefined) put.delete(oldest)
  }
  return {
    get: (key) => (put.has(key) ? put.get(key) : store.get(key)),
    set,
    delete: (key) => set(key, undefined),
  }
}
