import type { InternalMessage } from '#broker/shard/publish-internal.ts'
import type { ValueMap } from '#plugin/value.ts'
import { encodeJson } from '../values/json.ts'
import { rulePublisher } from './publisher-name.ts'
import type { RuleSpec } from './rule-spec.ts'

const NO_PROPERTIES = Buffer.alloc(0)

/**
 * What tells of a record that a rule, or one of its actions, failed for: QoS 1, with the record as
 * the rule saw it. Rules do not see it, so that a rule that fails cannot set off another one.
 */
export function makeDeadLetter(
  { id, deadLetterTopic }: RuleSpec,
  action: string | undefined,
  record: ValueMap,
  reason: string,
  nowMs: number,
): InternalMessage {
  const letter = { rule_id: id, action: action ?? null, reason, timestamp: nowMs, record }
  return {
    topic: deadLetterTopic,
    payload: Buffer.from(encodeJson(letter)),
    qos: 1,
    retain: false,
    properties: NO_PROPERTIES,
    expiresAtMs: 0,
    publisher: rulePublisher(id, 1),
    direct: true,
  }
}
