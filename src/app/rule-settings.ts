/** From the configuration of rules to what the rule engine takes. */
import type { Problem } from '#config/decode.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import { isMap } from '#plugin/value.ts'
import { checkRuleSpec } from '#streams/rules/make-rule.ts'
import type { RuleEngineSettings } from '#streams/rules/rule-engine.ts'
import type { ActionSpec, RuleSpec } from '#streams/rules/rule-spec.ts'
import { makeSchema } from '#streams/schemas/make-schema.ts'
import type { SchemaSpec } from '#streams/schemas/schema-spec.ts'
import { toPipelineSpecs } from './pipeline-settings.ts'
import type { RuleStart } from './shard-start.ts'

type RuleConfig = TidewayConfig['rule_engine']['rules'][string]

/** How rules behave. */
export function toRuleEngineSettings(config: TidewayConfig): RuleEngineSettings {
  return {
    nodeName: config.node.name,
    ignoreSysMessages: config.rule_engine.ignore_sys_message,
    jqTimeoutMs: config.rule_engine.jq_function_default_timeout,
  }
}

/** All that the rules of a node are started with. */
export function toRuleStart(config: TidewayConfig): RuleStart {
  return {
    settings: toRuleEngineSettings(config),
    specs: toRuleSpecs(config),
    schemas: toSchemaSpecs(config),
    pipeline: toPipelineSpecs(config),
  }
}

/** The schemas of the configuration. */
export function toSchemaSpecs({ schema_registry: registry }: TidewayConfig): readonly SchemaSpec[] {
  return Object.entries(registry.schemas).map(([name, schema]) => ({ name, ...schema }))
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
    waitsForActions: rule.wait_for_actions,
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

/** Rules that cannot run as they are written, and schemas that are none. */
export function ruleProblems(config: TidewayConfig): readonly Problem[] {
  const rules = toRuleSpecs(config).flatMap((spec) => {
    return problemsOf(['rule_engine', 'rules', spec.id], 'cannot run', () => checkRuleSpec(spec))
  })
  const schemas = toSchemaSpecs(config).flatMap((spec) => {
    const path = ['schema_registry', 'schemas', spec.name]
    return problemsOf(path, 'cannot be used', () => makeSchema(spec))
  })
  return [...rules, ...schemas]
}

function problemsOf(
  path: readonly string[],
  what: string,
  attempt: () => unknown,
): readonly Problem[] {
  try {
    attempt()
    return []
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return [{ path, message: `${what}: ${message}` }]
  }
}
