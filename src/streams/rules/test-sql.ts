import type { FunctionServices } from '#plugin/define-function.ts'
import { isMap } from '#plugin/value.ts'
import type { MutableValueMap, Value, ValueMap } from '#plugin/value.ts'
import { prepareRule } from '../sql/prepare-rule.ts'
import { MapRow } from '../sql/row.ts'
import { ruleDialect } from '../sql/rule-dialect.ts'
import { encodeJson } from '../values/json.ts'
import {
  COMMON_SAMPLE,
  eventsNamed,
  kindOfSource,
  MESSAGE_PUBLISH,
  sampleOf,
} from './event-sources.ts'

/** What came of a trial. */
export type SqlTestResult =
  | { readonly kind: 'output'; readonly output: ValueMap | readonly ValueMap[] }
  /** The condition is not met. */
  | { readonly kind: 'no match' }
  /** It failed for this record. */
  | { readonly kind: 'failure'; readonly reason: string }

/** Rule id in the column `metadata` of a trial. */
const TEST_RULE = 'sql_tester'
/** What `event_type` of records of other systems begins with, as in `bridge_mqtt`. */
const BRIDGE = 'bridge_'
const { event: _, ...COMMON_COLUMNS } = COMMON_SAMPLE

/**
 * Runs a statement on a sample, without actions. Columns that the sample lacks have example
 * values; `event_type` such as `client_connected` says which, else the source after FROM does.
 * A statement with FOREACH gives a list.
 * @throws SqlError with all that is wrong with the statement
 */
export function testSql(sql: string, context: ValueMap, services: FunctionServices): SqlTestResult {
  const { program, statement, sources } = prepareRule(sql, ruleDialect)
  const row = new MapRow(sampleRecord(context, sources, TEST_RULE))
  try {
    const outputs = program(row, services)
    if (statement.kind === 'foreach') return { kind: 'output', output: outputs }
    const [output] = outputs
    return output === undefined ? { kind: 'no match' } : { kind: 'output', output }
  } catch (error) {
    return { kind: 'failure', reason: error instanceof Error ? error.message : String(error) }
  }
}

/**
 * A record for a trial: what is given, and example values for the columns that it lacks.
 * `event_type` says of which event, else the first source does. What comes from other systems has
 * the columns that all records have, and what is given.
 */
export function sampleRecord(
  context: ValueMap,
  sources: readonly string[],
  ruleId: string,
): ValueMap {
  const { event_type: eventType, ...columns } = context
  const record: MutableValueMap = { ...sampleFor(eventType, sources), ...columns }
  record.metadata = { rule_id: ruleId }
  // A payload is bytes on the wire: what is given as a map was meant as JSON.
  if (isMap(record.payload) || Array.isArray(record.payload)) {
    record.payload = encodeJson(record.payload)
  }
  return record
}

function sampleFor(eventType: Value, sources: readonly string[]): ValueMap | undefined {
  if (typeof eventType === 'string') {
    if (eventType.startsWith(BRIDGE)) return COMMON_COLUMNS
    // `message.publish` is in the column `event` for `message_publish`.
    const sample = sampleOf(eventType.replace('_', '.'))
    if (sample !== undefined) return sample
  }
  const source = sources.find((name) => kindOfSource(name) === 'event')
  const [event] = source === undefined ? [] : eventsNamed(source)
  return sampleOf(event?.event ?? MESSAGE_PUBLISH.event)
}
