/** The whole configuration: every root of the field language, and its decoded type. */
import { object } from './field.ts'
import type { Finding, Infer } from './field.ts'
import { authentication, checkChain } from './fields/authentication/authentication.ts'
import type { AuthenticatorConfig } from './fields/authentication/authentication.ts'
import { authorization } from './fields/authorization/authorization.ts'
import { authenticationSettings } from './fields/authentication/settings.ts'
import { allowAnonymous, broker, sysTopics } from './fields/broker.ts'
import { apiKey, dashboard } from './fields/dashboard.ts'
import { parseBind } from './fields/listener-checks.ts'
import {
  actions,
  checkIntegrations,
  connectors,
  sources,
} from './fields/integrations/integrations.ts'
import type { ByType } from './fields/integrations/integrations.ts'
import type {
  ActionConfig,
  ConnectorConfig,
  SourceConfig,
} from './fields/integrations/integration.ts'
import { listeners } from './fields/listeners.ts'
import { log } from './fields/log.ts'
import { autoSubscribe, delayed, retainer, rewrite } from './fields/messages.ts'
import { messageTransformation, schemaValidation } from './fields/message-pipeline.ts'
import { mqtt } from './fields/mqtt.ts'
import { durability, node } from './fields/node.ts'
import { opentelemetry } from './fields/opentelemetry.ts'
import { pskAuthentication } from './fields/psk.ts'
import { prometheus } from './fields/prometheus.ts'
import { slowSubs } from './fields/slow-subs.ts'
import { zones } from './fields/zones.ts'
import { ruleEngine } from './fields/rule-engine.ts'
import { schemaRegistry } from './fields/schema-registry.ts'
import { banned, flappingDetect, forceShutdown, overloadProtection } from './fields/protection.ts'

interface Listeners {
  readonly [type: string]: Readonly<Record<string, ListenerBasics>>
}

interface ListenerBasics {
  readonly authentication: readonly AuthenticatorConfig[]
  readonly enable: boolean
  readonly bind: string
  readonly zone: string
}

interface Roots {
  readonly authentication: readonly AuthenticatorConfig[]
  readonly authorization: { readonly sources: readonly { readonly type: string }[] }
  readonly listeners: Listeners
  readonly zones: Readonly<Record<string, unknown>>
  readonly connectors: ByType<ConnectorConfig>
  readonly actions: ByType<ActionConfig>
  readonly sources: ByType<SourceConfig>
}

function checkRoots(config: Roots): readonly Finding[] {
  return [
    ...checkAddresses(config),
    ...checkZones(config),
    ...checkChains(config),
    ...checkAuthorization(config),
    ...checkIntegrations(config),
  ]
}

/** There is one source of each type: that is how they are named. */
function checkAuthorization({ authorization: { sources } }: Roots): readonly Finding[] {
  return sources.flatMap(({ type }, index) => {
    const isTwice = sources.findIndex((other) => other.type === type) < index
    const path = ['authorization', 'sources', String(index)]
    return isTwice ? [{ path, message: `is a second source of type ${type}` }] : []
  })
}

/** No authenticator stands twice in a chain. */
function checkChains({ authentication: global, listeners: types }: Roots): readonly Finding[] {
  const chains = Object.entries(types).flatMap(([type, entries]) => {
    return Object.entries(entries).map(([name, listener]) => {
      return { at: ['listeners', type, name], chain: listener.authentication }
    })
  })
  return [{ at: [], chain: global }, ...chains].flatMap(({ at, chain }) => {
    return checkChain(chain).map(({ path, message }) => {
      return { path: [...at, 'authentication', ...path], message }
    })
  })
}

/** Every zone that a listener names is there. */
function checkZones({ listeners: types, zones: known }: Roots): readonly Finding[] {
  const names = [...new Set([DEFAULT_ZONE, ...Object.keys(known)])]
  return Object.entries(types).flatMap(([type, entries]) => {
    return Object.entries(entries)
      .filter(([, { zone }]) => !names.includes(zone))
      .map(([name, { zone }]) => ({
        path: ['listeners', type, name, 'zone'],
        message: `names the zone \`${zone}\`, which does not exist: there are ${names.join(', ')}`,
      }))
  })
}

/** No two enabled listeners share an address. */
function checkAddresses(config: Roots): readonly Finding[] {
  const findings: Finding[] = []
  const taken = new Map<string, string>()
  for (const [type, entries] of Object.entries(config.listeners)) {
    for (const [name, { enable, bind }] of Object.entries(entries)) {
      const { host, port } = parseBind(bind) ?? { host: '', port: 0 }
      if (!enable || port === 0) continue
      const address = `${host} ${port}`
      const other = taken.get(address)
      if (other !== undefined) {
        const path = ['listeners', type, name, 'bind']
        findings.push({ path, message: `is the address of ${other} already` })
      }
      taken.set(address, `listeners.${type}.${name}`)
    }
  }
  return findings
}

/** The description that everything else is made from. Roots stand in the order of the docs. */
export const tidewayFields = object(
  {
    node,
    allow_anonymous: allowAnonymous,
    authentication,
    authentication_settings: authenticationSettings,
    psk_authentication: pskAuthentication,
    authorization,
    banned,
    flapping_detect: flappingDetect,
    overload_protection: overloadProtection,
    force_shutdown: forceShutdown,
    listeners,
    mqtt,
    zones,
    durability,
    retainer,
    delayed,
    auto_subscribe: autoSubscribe,
    rewrite,
    broker,
    sys_topics: sysTopics,
    dashboard,
    api_key: apiKey,
    prometheus,
    opentelemetry,
    slow_subs: slowSubs,
    rule_engine: ruleEngine,
    schema_registry: schemaRegistry,
    connectors,
    actions,
    sources,
    schema_validation: schemaValidation,
    message_transformation: messageTransformation,
    log,
  },
  { text: 'Tideway.', hot: 'restart-node', check: checkRoots },
)

/**
 * The decoded configuration. Keys have the names of the file; durations are milliseconds, sizes
 * bytes, `infinity` is `Infinity`.
 */
export type TidewayConfig = Infer<typeof tidewayFields>

/** Name of the zone of listeners that name none. */
export const DEFAULT_ZONE = 'default'

export type MqttConfig = TidewayConfig['mqtt']
export type TcpListenerConfig = TidewayConfig['listeners']['tcp'][string]
export type SslListenerConfig = TidewayConfig['listeners']['ssl'][string]
export type WsListenerConfig = TidewayConfig['listeners']['ws'][string]
export type WssListenerConfig = TidewayConfig['listeners']['wss'][string]
