/** From the configuration of rules to what the rule engine takes. */
import type { Problem } from '#config/decode.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import { isMap } from '#plugin/value.ts'
import { checkRuleSpec } from '#streams/rules/make-rule.ts'
import type { RuleEngineSettings } from '#streams/rules/rule-engine.ts'
import type { ActionSpec, RuleSpec } from '#streams/rules/rule-spec.ts'

type RuleConfig = TidewayConfig['rule_engine']['rules'][string]

/** How rules behave. */
export function toRuleEngineSettings(config: TidewayConfig): RuleEngineSettings {
  return {
    nodeName: config.node.name,
    ignoreSysMessages: config.rule_engine.ignore_sys_message,
    jqTimeoutMs: config.rule_engine.jq_function_default_timeout,
  }
}

/** The rules of the configuration. */
export function toRuleSpecs({ rule_engine: { rules } }: TidewayConfig): readonly RuleSpec[] {
  return Object.entries(rules).map(([id, rule]) => ({
    id,
    name: rule.name,
    sql: rule.sql,
    actions: rule.actions.map(toActionSpec),
    enable: rule.enable,
    description: rule.description,
    deadLetterTopic: rule.dead_letter_topic,
    metadata: isMap(rule.metadata) ? rule.metadata : {},
    createdAtMs: rule.created_at,
    modifiedAtMs: rule.last_modified_at,
  }))
}

function toActionSpec(action: RuleConfig['actions'][number]): ActionSpec {
  if ('action' in action) return action.action
  return action.function === 'republish'
    ? { function: action.function, args: action.args }
    : { function: action.function }
}

/** Rules that cannot run as they are written. */
export function ruleProblems(config: TidewayConfig): readonly Problem[] {
  return toRuleSpecs(config).flatMap((spec) => {
    try {
      checkRuleSpec(spec)
      return []
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return [{ path: ['rule_engine', 'rules', spec.id], message: `cannot run: ${message}` }]
    }
  })
}
