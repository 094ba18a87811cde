import type { IntegrationKind } from '#integrations/integration-spec.ts'
import {
  getPrometheusAuth,
  getPrometheusDataIntegration,
  getPrometheusStats,
  getPrometheusTransformation,
  getPrometheusValidation,
} from '../contract/observe.ts'
import type { ManagementContext } from '../context.ts'
import { ok, type Route, route } from '../http/route.ts'
import type { IntegrationState } from '../integration-port.ts'
import {
  collect,
  type Family,
  gauge,
  labelled,
  type Numbered,
  toJson,
  toText,
} from '../observe/prometheus.ts'
import type { PipelineKind } from '../pipeline-port.ts'
import { authenticatorState } from './authentication.ts'
import { sourcesOf, sourceState } from './authorization.ts'
import { chainOf, idOf, itemsOf } from './configured-chain.ts'
import { stepNames } from './pipeline.ts'

/** Rates are left out: Prometheus computes them from the counters. */
const RATE = /(?:^|[._])rate(?:$|[._])/

/** Numbers for monitoring systems, under the names of EMQX. */
export function prometheusRoutes(context: ManagementContext): readonly Route[] {
  const pages = [
    [getPrometheusStats, () => collect(context)],
    [getPrometheusAuth, () => authFamilies(context)],
    [getPrometheusDataIntegration, () => integrationFamilies(context)],
    [getPrometheusValidation, () => stepFamilies(context, 'validations')],
    [getPrometheusTransformation, () => stepFamilies(context, 'transformations')],
  ] as const
  return pages.map(([operation, read]) => pageRoute(context, operation, read))
}

function pageRoute(
  { node, prometheusAuth }: ManagementContext,
  operation: typeof getPrometheusStats,
  read: () => Promise<readonly Family[]>,
): Route {
  const permission = prometheusAuth ? ('read' as const) : ('public' as const)
  return route({ ...operation, permission }, async ({ query, header }) => {
    const families = await read()
    const named = query.mode === 'all_nodes_unaggregated'
    const shown = named ? families.map((family) => withNode(family, node.name)) : families
    const isJson = header('accept')?.includes('application/json') ?? false
    if (isJson) return { ...ok(toJson(shown)), type: 'application/json' }
    return { ...ok(toText(shown)), type: 'text/plain' }
  })
}

function withNode(family: Family, node: string): Family {
  const samples = family.samples.map(({ labels, value }) => {
    return { labels: { node, ...labels }, value }
  })
  return { ...family, samples }
}

async function authFamilies(context: ManagementContext): Promise<readonly Family[]> {
  const chain = chainOf(context, {})
  const authenticators = await Promise.all(
    itemsOf(context, chain).map(async (item) => {
      const { status, metrics } = await authenticatorState(context, chain, item)
      const { total, success, failed, nomatch } = metrics
      const numbers = { ...switchNumbers(item['enable'], status), total, success, failed, nomatch }
      return [idOf(item), numbers] as const
    }),
  )
  const sources = await Promise.all(
    sourcesOf(context).map(async (item) => {
      const { status, metrics } = await sourceState(context, item)
      const { total, allow, deny, ignore, nomatch } = metrics
      const numbers = {
        ...switchNumbers(item['enable'], status),
        total,
        allow,
        deny,
        ignore,
        nomatch,
      }
      return [item['type'] as string, numbers] as const // Every source has one.
    }),
  )
  const { count } = await context.node.access.listBans({ skip: 0, limit: 1 })
  return [
    ...labelled('emqx_authn_', 'id', authenticators),
    ...labelled('emqx_authz_', 'type', sources),
    gauge('emqx_banned_count', 'Bans.', count),
  ]
}

async function integrationFamilies(context: ManagementContext): Promise<readonly Family[]> {
  const { rules, integrations } = context.node
  const counters = await rules.counters()
  const specs = rules.list()
  const ruleNumbers = specs.map(({ id, enable }) => {
    return [id, { enable: Number(enable), ...counters[id] }] as const
  })
  const states = await integrations.read()
  const all = (kind: IntegrationKind) => integrationNumbers(context, kind, states)
  const [connectors, actions, sources] = [all('connector'), all('action'), all('source')]
  return [
    gauge('emqx_rules_count', 'Rules.', specs.length),
    gauge('emqx_connectors_count', 'Connectors.', connectors.length),
    gauge('emqx_actions_count', 'Actions.', actions.length),
    gauge('tideway_sources_count', 'Sources.', sources.length),
    ...labelled('emqx_rule_', 'id', ruleNumbers),
    ...labelled('emqx_connector_', 'id', connectors),
    ...labelled('emqx_action_', 'id', actions),
    ...labelled('tideway_source_', 'id', sources),
  ]
}

/** Of all that are configured, whether or not they run. */
function integrationNumbers(
  { node }: ManagementContext,
  kind: IntegrationKind,
  states: readonly IntegrationState[],
): readonly Numbered[] {
  const types: Readonly<Record<string, Readonly<Record<string, { readonly enable: boolean }>>>> =
    node.config.current[`${kind}s`]
  return Object.entries(types).flatMap(([type, named]) => {
    return Object.entries(named).map(([name, { enable }]): Numbered => {
      const state = states.find((one) => {
        return one.kind === kind && one.type === type && one.name === name
      })
      const about = switchNumbers(enable, state?.status.status)
      // What a connector passes on is counted by its actions.
      const counted = kind === 'connector' ? [] : Object.entries(state?.metrics ?? {})
      const counters = counted.filter(([metric]) => !RATE.test(metric))
      return [`${type}:${name}`, { ...about, ...Object.fromEntries(counters) }]
    })
  })
}

function switchNumbers(enable: unknown, status: string | undefined) {
  return { enable: Number(enable !== false), status: Number(status === 'connected') }
}

async function stepFamilies(
  context: ManagementContext,
  kind: PipelineKind,
): Promise<readonly Family[]> {
  const steps = await Promise.all(
    stepNames(context, kind).map(async (name) => {
      return [name, await context.node.pipeline.counters(kind, name)] as const
    }),
  )
  return kind === 'validations'
    ? labelled('emqx_schema_validation_', 'validation_name', steps)
    : labelled('emqx_message_transformation_', 'transformation_name', steps)
}
