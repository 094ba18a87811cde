/** Rules as databases hold them: a row, a document, a field of a hash. */
import { parseCredentialAcl } from '../authentication/credential-acl.ts'
import { allOf, equals, fromNetworks, ofClientId, ofUser } from '../authorization/conditions.ts'
import { compileRule, type Condition, everybody, type Rule } from '../authorization/rule.ts'
import { textOf } from './stored-values.ts'

/** Records that are read for one client; with more of them nobody knows what they say together. */
export const RULE_RECORDS_MAX = 1000

/**
 * The rules of some records in their order. A record that is no rule makes all of them unusable:
 * it may be one that forbids something.
 * @throws an Error that says which field is wrong
 */
export function readRuleRecords(
  records: readonly Readonly<Record<string, unknown>>[],
): readonly Rule[] {
  if (records.length > RULE_RECORDS_MAX) {
    throw new Error(`the database gives more than ${RULE_RECORDS_MAX} rules for one client`)
  }
  return records.flatMap((record) => {
    const who = conditionOf(record)
    const { permission, action, topic, topics, qos, retain } = record
    const list: readonly unknown[] = Array.isArray(topics) ? topics : [topic]
    const { rules } = parseCredentialAcl(
      list.map((one) => ({
        permission: textOf(permission)?.toLowerCase(),
        action: textOf(action)?.toLowerCase(),
        topic: textOf(one),
        qos: conditionValue(qos),
        retain: conditionValue(retain),
      })),
    )
    return rules.map((rule) => compileRule(rule, who))
  })
}

/** A rule that allows a topic, as a field of a hash holds it. */
export function readAllowed(topic: string, value: string): Rule {
  const isJson = value.trimStart().startsWith('{')
  const fields = isJson ? (JSON.parse(value) as Record<string, unknown>) : { action: value }
  const { action, qos, retain } = fields
  const [rule] = readRuleRecords([{ permission: 'allow', topic, action, qos, retain }])
  if (rule === undefined) throw new Error(`the rule about ${topic} is empty`)
  return rule
}

/** Absent means always; bytes are how some databases give a bit or a text. */
function conditionValue(value: unknown): unknown {
  if (value === null || value === undefined || value === '') return undefined
  if (!(value instanceof Uint8Array)) return value
  return value.length === 1 && (value[0] ?? 0) <= 1 ? value[0] : textOf(value)
}

/** Columns that say whom a rule is about; all that have a value must fit. */
function conditionOf(record: Readonly<Record<string, unknown>>): Condition {
  const conditions: Condition[] = []
  const { ipaddress, username, clientid } = record
  if (isSet(ipaddress)) conditions.push(fromNetworks([required(ipaddress, 'ipaddress')]))
  if (isSet(username)) conditions.push(ofUser(equals(required(username, 'username'))))
  if (isSet(clientid)) conditions.push(ofClientId(equals(required(clientid, 'clientid'))))
  return conditions.length === 0 ? everybody : allOf(conditions)
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

function required(value: unknown, name: string): string {
  const text = textOf(value)
  if (text === undefined) throw new Error(`${name} of a rule is no text`)
  return text
}
