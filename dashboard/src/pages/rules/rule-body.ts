import type { RuleInfo, RuleInput } from '#management/contract/rules.ts'

export type ActionOfRule = RuleInfo['actions'][number]

/** A rule while it is being written. */
export interface Draft {
  readonly id: string
  readonly name: string
  readonly sql: string
  readonly enable: boolean
  readonly description: string
  readonly deadLetterTopic: string
  readonly waitsForActions: boolean
  readonly metadata: Readonly<Record<string, unknown>>
  readonly actions: readonly ActionOfRule[]
}

/** What a new rule begins with. */
export const NEW_RULE: Draft = {
  id: '',
  name: '',
  sql: 'SELECT\n  payload.temp AS temp,\n  clientid\nFROM\n  "t/#"\nWHERE\n  payload.temp > 30',
  enable: true,
  description: '',
  deadLetterTopic: '',
  waitsForActions: false,
  metadata: {},
  actions: [],
}

export function toDraft(rule: RuleInfo): Draft {
  const { id, name, sql, enable, description, metadata, actions } = rule
  const deadLetterTopic = rule.dead_letter_topic
  const waitsForActions = rule.wait_for_actions
  return {
    id,
    name,
    sql,
    enable,
    description,
    deadLetterTopic,
    waitsForActions,
    metadata,
    actions,
  }
}

export function toBody({
  id,
  deadLetterTopic,
  waitsForActions,
  actions,
  ...rest
}: Draft): RuleInput {
  const body = {
    ...rest,
    actions: [...actions],
    dead_letter_topic: deadLetterTopic,
    wait_for_actions: waitsForActions,
  }
  return id === '' ? body : { ...body, id }
}

/** `republish → alarms/x`, `console`, `http:name`. */
export function actionLabel(action: ActionOfRule): string {
  if (typeof action === 'string') return action
  const topic = action.args?.['topic']
  return typeof topic === 'string' ? `${action.function} → ${topic}` : action.function
}
