import type { FunctionServices } from '#plugin/define-function.ts'
import type { ValueMap } from '#plugin/value.ts'
import { MapRow } from '../sql/row.ts'
import type { Row } from '../sql/row.ts'
import type { RuleAction } from './action.ts'
import { explainNoResult } from './explain-no-result.ts'
import type { Rule } from './make-rule.ts'
import type { RuleTraceSink } from './rule-trace.ts'
import { sampleRecord } from './test-sql.ts'

/** What a rule is tried with. Can be sent to a thread. */
export interface RuleTrial {
  /** Columns of the sample record, and `event_type`. */
  readonly context: ValueMap
  /** Actions are made ready for the outputs, and not run. */
  readonly renderOnly: boolean
}

/** What came of a trial. */
export type RuleTrialOutcome =
  | { readonly kind: 'outputs'; readonly outputs: readonly ValueMap[] }
  | { readonly kind: 'no match' }
  | { readonly kind: 'failure'; readonly reason: string }

/**
 * Runs a rule on a sample record, whether or not it is enabled; nothing is counted. Resolves when
 * all actions are done.
 */
export async function runTrial(
  rule: Rule,
  { context, renderOnly }: RuleTrial,
  services: FunctionServices,
  trace: RuleTraceSink,
): Promise<RuleTrialOutcome> {
  const record = sampleRecord(context, rule.sources, rule.id)
  const row = new MapRow(record)
  trace('matched', matchedFields(row))
  let outputs: readonly ValueMap[]
  try {
    outputs = rule.program(row, services)
    if (outputs.length === 0) {
      trace('no_result', explainNoResult(rule.spec.sql, rule.statement, row, services))
      return { kind: 'no match' }
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    trace('sql_failed', { reason })
    return { kind: 'failure', reason }
  }
  const origin = { ruleId: rule.id, row, hops: 1, isLoop: false }
  for (const output of outputs) {
    trace('output', { output })
    for (const action of rule.actions) {
      if (renderOnly) {
        const rendered = action.preview?.(output, origin) ?? output
        trace('action_rendered', { action: action.label, rendered })
      } else await runAction(action, output, origin, trace)
    }
  }
  return { kind: 'outputs', outputs }
}

function runAction(
  action: RuleAction,
  output: ValueMap,
  origin: Parameters<RuleAction['run']>[1],
  trace: RuleTraceSink,
): Promise<void> {
  return new Promise((resolve) => {
    const done: Parameters<RuleAction['run']>[2] = (failure) => {
      if (failure === undefined) trace('action_succeeded', { action: action.label })
      else trace('action_failed', { action: action.label, reason: failure.reason })
      resolve()
    }
    try {
      action.run(output, origin, done)
    } catch (error) {
      done({ kind: 'unknown', reason: error instanceof Error ? error.message : String(error) })
    }
  })
}

/** What a trace says of a record at the beginning. */
export function matchedFields(row: Row): ValueMap {
  return {
    event: row.column('event'),
    clientid: row.column('clientid'),
    topic: row.column('topic'),
    payload: row.column('payload'),
  }
}
