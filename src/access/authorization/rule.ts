/** Rules about what clients may do: compiled once, applied to requests. */
import type { ClientAclRule, Identity } from '#broker/ports.ts'
import type { AuthorizeRequest, Verdict } from '#plugin/define-authorizer.ts'
import { compileTopic, coversTopic, type TopicPattern } from './topic-pattern.ts'

/** Whether a rule is about this client. */
export type Condition = (client: Identity) => boolean

/** One rule. It decides when everything in it fits. */
export interface Rule {
  readonly permission: 'allow' | 'deny'
  readonly who: Condition
  readonly action: 'publish' | 'subscribe' | 'all'
  /** Bit q is set when it holds for QoS q. */
  readonly qosBits: number
  /** Of publishes; undefined = any. */
  readonly retain: boolean | undefined
  /** Undefined = every topic. */
  readonly topics: readonly TopicPattern[] | undefined
}

export const EVERY_QOS = 0b111

/** A rule about everybody. */
export const everybody: Condition = () => true

/** What the first rule that fits says; `ignore` when none does. */
export function decideByRules(rules: readonly Rule[], request: AuthorizeRequest): Verdict {
  for (const rule of rules) if (ruleFits(rule, request)) return rule.permission
  return 'ignore'
}

function ruleFits(rule: Rule, { client, action, topic, qos, retain }: AuthorizeRequest): boolean {
  if (rule.action !== 'all' && rule.action !== action) return false
  if (((rule.qosBits >> qos) & 1) === 0) return false
  const isFilter = action === 'subscribe'
  if (!isFilter && rule.retain !== undefined && rule.retain !== retain) return false
  if (!rule.who(client)) return false
  const { topics } = rule
  if (topics === undefined) return true
  return topics.some((pattern) => coversTopic(pattern, client, topic, isFilter))
}

/** The bits of a list of QoS; undefined = all of them. */
export function qosBitsOf(qos: readonly number[] | undefined): number {
  if (qos === undefined) return EVERY_QOS
  return qos.reduce((bits, one) => bits | (1 << one), 0)
}

/**
 * Compiles a rule about one topic, as credentials and databases hold it.
 * @throws TopicPatternError
 */
export function compileRule(fields: ClientAclRule, who: Condition = everybody): Rule {
  return {
    permission: fields.permission,
    who,
    action: fields.action,
    qosBits: qosBitsOf(fields.qos),
    retain: fields.retain,
    topics: [compileTopic(fields.topic)],
  }
}
