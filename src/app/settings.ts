/** From the configuration, whose keys have the names of the file, to the settings of the parts. */
import {
  type AuthenticationSettings,
  type ChainSettings,
  linkName,
} from '#access/authentication/shard-authentication.ts'
import { GLOBAL_CHAIN } from '#access/authentication/users/user-table.ts'
import { readBanFile } from '#access/protection/ban-file.ts'
import type { AccessSettings, ZoneProtection } from '#access/shard-access.ts'
import { authorizerOf } from '#access/authorization/source-chain.ts'
import { AttributeRules } from '#broker/attributes/attribute-rules.ts'
import { TopicRewriter } from '#broker/topics/rewrite.ts'
import {
  type AttributeSettings,
  type AutoSubscribeSettings,
  type BrokerSettings,
  DEFAULT_SETTINGS,
  type MqttSettings,
  type RewriteRuleSettings,
  type SysSettings,
  type ZoneSettings,
} from '#broker/limits.ts'
import type { Problem } from '#config/decode.ts'
import { authenticatorId } from '#config/fields/authentication/authentication.ts'
import type { MqttConfig, TidewayConfig } from '#config/tideway-config.ts'
import { type ZoneConfig, zoneConfig } from '#config/zone-config.ts'
import type { OverloadSettings } from '#listeners/overload-monitor.ts'
import { integrationProblems } from './integration-settings.ts'
import { pipelineProblems } from './pipeline-settings.ts'
import { ruleProblems } from './rule-settings.ts'
import type { LogHandlerOptions, LogSettings } from '#kernel/system/log-handlers.ts'

/** Bytes waiting for one connection at which it is cut: above what makes it a slow reader. */
const OUTBOX_CUT_FACTOR = 8
/** Or so many of the largest packets, as none may be too large for its receivers. */
const OUTBOX_CUT_PACKETS = 2
/** Rules of one subject in the built-in database, as long as that is no source. */
const RULES_MAX = 100
/** What `infinity` is to a timer: 136 years. */
const FOREVER_MS = 4_294_967_295_000

/** Settings of the broker core. */
export function toBrokerSettings(config: TidewayConfig, version: string): BrokerSettings {
  const { mqtt, retainer, delayed } = config
  const { shared_subscription_group: groups } = config.broker
  return {
    nodeName: config.node.name,
    version,
    ...toZoneSettings(config),
    zones: new Map(
      Object.keys(config.zones).map((name) => [name, toZoneSettings(zoneConfig(config, name))]),
    ),
    shared: {
      strategy: mqtt.shared_subscription_strategy,
      initialStickyPick: mqtt.shared_subscription_initial_sticky_pick,
    },
    sharedGroups: new Map(
      Object.entries(groups).map(([name, { strategy, initial_sticky_pick: pick }]) => {
        return [name, { strategy, initialStickyPick: pick }]
      }),
    ),
    retainer: {
      enable: retainer.enable,
      messageExpiryMs: retainer.msg_expiry_interval,
      clearIntervalMs: retainer.msg_clear_interval,
      payloadBytesMax: orUnlimited(retainer.max_payload_size),
      messagesMax: retainer.backend.max_retained_messages,
      totalBytesMax: retainer.backend.max_total_bytes,
      stopPublishClearMessage: retainer.stop_publish_clear_msg,
      deliveryRate: (retainer.delivery_rate.amount * 1000) / retainer.delivery_rate.intervalMs,
    },
    delayed: { enable: delayed.enable, messagesMax: delayed.max_delayed_messages },
    rewrite: toRewriteRules(config),
    autoSubscribe: toAutoSubscribe(config),
    sys: toSysSettings(config),
    denyAction: config.authorization.deny_action,
  }
}

function toZoneSettings({ mqtt, force_shutdown: shutdown }: ZoneConfig): ZoneSettings {
  return {
    mqtt: toMqttSettings(mqtt),
    clientAttributes: toAttributes(mqtt.client_attrs_init),
    clientBytesMax: shutdown.enable ? shutdown.max_heap_size : Infinity,
  }
}

/** Where 0 stands for no limit. */
function orUnlimited(limit: number): number {
  return limit === 0 ? Infinity : limit
}

function toMqttSettings(mqtt: MqttConfig): MqttSettings {
  const priorities = mqtt.mqueue_priorities
  return {
    ...toConnectSettings(mqtt),
    sessionExpiryMs: mqtt.session_expiry_interval,
    sessionExpiryMaxMs: DEFAULT_SETTINGS.mqtt.sessionExpiryMaxMs,
    messageExpiryMs: mqtt.message_expiry_interval,
    awaitingRelMax: mqtt.max_awaiting_rel,
    awaitRelTimeoutMs: mqtt.await_rel_timeout,
    subscriptionsMax: mqtt.max_subscriptions,
    upgradeQos: mqtt.upgrade_qos,
    inflightMax: mqtt.max_inflight,
    queueMessagesMax: orUnlimited(mqtt.max_mqueue_len),
    queueBytesMax: mqtt.max_mqueue_bytes,
    queueDropPolicy: mqtt.mqueue_drop_policy,
    queuePriorities: priorities === 'disabled' ? undefined : new Map(Object.entries(priorities)),
    queueDefaultPriority: mqtt.mqueue_default_priority,
    queueStoreQos0: mqtt.mqueue_store_qos0,
    outboxBytesHigh: mqtt.max_outbox_bytes,
    outboxBytesMax: Math.max(
      mqtt.max_outbox_bytes * OUTBOX_CUT_FACTOR,
      mqtt.max_packet_size * OUTBOX_CUT_PACKETS,
    ),
    pendingAcksMax: DEFAULT_SETTINGS.mqtt.pendingAcksMax,
  }
}

function toConnectSettings(mqtt: MqttConfig) {
  return {
    idleTimeoutMs: Math.min(mqtt.idle_timeout, FOREVER_MS),
    packetBytesMax: mqtt.max_packet_size,
    clientIdBytesMax: mqtt.max_clientid_len,
    topicLevelsMax: mqtt.max_topic_levels,
    qosMax: mqtt.max_qos_allowed,
    topicAliasMax: mqtt.max_topic_alias,
    userPropertiesMax: mqtt.max_user_properties,
    retainAvailable: mqtt.retain_available,
    wildcardSubscription: mqtt.wildcard_subscription,
    sharedSubscription: mqtt.shared_subscription,
    exclusiveSubscription: mqtt.exclusive_subscription,
    ignoreLoopDeliver: mqtt.ignore_loop_deliver,
    responseInformation: mqtt.response_information,
    serverKeepAliveSeconds: mqtt.server_keepalive === 'disabled' ? 0 : mqtt.server_keepalive,
    keepAliveMultiplier: mqtt.keepalive_multiplier,
    retryIntervalMs: mqtt.retry_interval,
    useUsernameAsClientId: mqtt.use_username_as_clientid,
    peerCertAsUsername: mqtt.peer_cert_as_username,
    peerCertAsClientId: mqtt.peer_cert_as_clientid,
  }
}

function toAttributes(rules: MqttConfig['client_attrs_init']): readonly AttributeSettings[] {
  return rules.map(({ expression, set_as_attr: name }) => ({ name, expression }))
}

function toRewriteRules({ rewrite }: TidewayConfig): readonly RewriteRuleSettings[] {
  return rewrite.map((rule) => ({
    action: rule.action,
    sourceTopic: rule.source_topic,
    regularExpression: rule.re,
    destTopic: rule.dest_topic,
  }))
}

function toAutoSubscribe(config: TidewayConfig): readonly AutoSubscribeSettings[] {
  return config.auto_subscribe.topics.map(({ topic, qos, rh, rap, nl }) => ({
    topic,
    qos,
    noLocal: nl === 1,
    retainAsPublished: rap === 1,
    retainHandling: rh,
  }))
}

function toSysSettings({ sys_topics: sys }: TidewayConfig): SysSettings {
  const { sys_event_messages: events } = sys
  return {
    messageIntervalMs: sys.sys_msg_interval === 'disabled' ? 0 : sys.sys_msg_interval,
    heartbeatIntervalMs: sys.sys_heartbeat_interval === 'disabled' ? 0 : sys.sys_heartbeat_interval,
    clientConnected: events.client_connected,
    clientDisconnected: events.client_disconnected,
    clientSubscribed: events.client_subscribed,
    clientUnsubscribed: events.client_unsubscribed,
  }
}

/**
 * What access control can be told while it runs.
 * @param placesOf where the numbers of the authenticators with these names stand
 */
export function toAccessSettings(
  config: TidewayConfig,
  placesOf: (names: readonly string[]) => AuthenticationSettings['meterPlaces'],
): AccessSettings {
  const { sources } = config.authorization
  const rulesMax = sources.find((source) => source.type === 'built_in_database')?.max_rules
  const authentication = toAuthenticationSettings(config)
  const names = authentication.chains.flatMap(({ chain, authenticators }) =>
    authenticators.map((one) => linkName(chain, authenticatorId(one))),
  )
  return {
    authentication: { ...authentication, meterPlaces: placesOf(names) },
    authorization: config.authorization,
    ...toZoneProtection(config),
    zones: new Map(
      Object.keys(config.zones).map((name) => [name, toZoneProtection(zoneConfig(config, name))]),
    ),
    rulesMax: rulesMax ?? RULES_MAX,
  }
}

function toZoneProtection({ flapping_detect: flapping, mqtt }: ZoneConfig): ZoneProtection {
  const { max_connections_per_user: perUser, max_connections_per_address: perAddress } = mqtt
  return { flapping, limits: { perUser, perAddress } }
}

/** Which clients are asked who they are. */
export function toAuthenticationSettings(
  config: TidewayConfig,
): Omit<AuthenticationSettings, 'meterPlaces'> {
  const idsWith = (value: boolean | string): readonly string[] =>
    Object.entries(config.listeners).flatMap(([type, map]) =>
      Object.entries(map)
        .filter(([, listener]) => listener.enable_authn === value)
        .map(([name]) => `${type}:${name}`),
    )
  return {
    allowAnonymous: config.allow_anonymous,
    openListeners: idsWith(false),
    namedOnlyListeners: idsWith('quick_deny_anonymous'),
    chains: toChains(config),
    ...toAttemptSettings(config.authentication_settings),
  }
}

function toAttemptSettings(
  settings: TidewayConfig['authentication_settings'],
): Pick<AuthenticationSettings, 'failurePause' | 'resultCache'> {
  const { failure_pause: pause, node_cache: cache } = settings
  return {
    failurePause: pause.enable
      ? {
          freeAttempts: pause.free_attempts,
          firstPauseMs: pause.first_pause,
          longestPauseMs: pause.longest_pause,
        }
      : undefined,
    resultCache: cache.enable
      ? { lifetimeMs: cache.cache_ttl, entriesMax: cache.max_count }
      : undefined,
  }
}

function toChains({ authentication, listeners }: TidewayConfig): readonly ChainSettings[] {
  const ofListeners = Object.entries(listeners).flatMap(([type, map]) => {
    return Object.entries(map).map(([name, listener]) => {
      return { chain: `${type}:${name}`, authenticators: listener.authentication }
    })
  })
  const all = [{ chain: GLOBAL_CHAIN, authenticators: authentication }, ...ofListeners]
  return all.filter(({ authenticators }) => authenticators.length > 0)
}

/** When a shard is overloaded, and whose connections are refused then. */
export function toOverloadSettings(config: TidewayConfig): OverloadSettings {
  const { overload_protection: general } = config
  const zones = Object.keys(config.zones).map((name) => {
    return [name, isRefusing(zoneConfig(config, name).overload_protection)] as const
  })
  return {
    lagMsMax: general.max_event_loop_lag,
    memoryMax: general.max_memory,
    isRefusing: isRefusing(general),
    zones: new Map(zones),
  }
}

function isRefusing(overload: TidewayConfig['overload_protection']): boolean {
  return overload.enable && overload.backoff_new_conn
}

/** Where log lines go, and which are made. */
export function toLogSettings({ log }: TidewayConfig): LogSettings {
  const console = log.console.enable ? [toLogHandler(log.console)] : []
  const files = Object.values(log.file)
    .filter(({ enable }) => enable)
    .map((options) => {
      const { path, rotation_count: filesMax, rotation_size: bytesMax } = options
      return { ...toLogHandler(options), file: { path, filesMax, bytesMax } }
    })
  return {
    handlers: [...console, ...files],
    primaryLevel: log.primary_level,
    moduleLevels: log.module_levels,
  }
}

function toLogHandler(options: TidewayConfig['log']['console']): LogHandlerOptions {
  const { level, formatter, timestamp_format: timestamp, time_offset: timeOffset } = options
  return { level, format: { formatter, timestamp, timeOffset } }
}

/** What the parts would refuse at the start though each value is well-formed by itself. */
export function settingsProblems(config: TidewayConfig): readonly Problem[] {
  const rewriting = problemsOf(['rewrite'], () => new TopicRewriter(toRewriteRules(config)))
  const sources = config.authorization.sources.flatMap((source, index) => {
    if (!source.enable) return []
    const path = ['authorization', 'sources', String(index)]
    return problemsOf(path, () => authorizerOf(source).check?.(source as never))
  })
  const zones = Object.entries(config.zones)
  const attributes = [{ at: [], mqtt: config.mqtt }, ...zones.map(zoneAttributes)].flatMap(
    ({ at, mqtt: { client_attrs_init: rules = [] } }) => {
      return problemsOf([...at, 'mqtt', 'client_attrs_init'], () => {
        new AttributeRules(toAttributes(rules))
      })
    },
  )
  const { bootstrap_file: bans } = config.banned
  const banned = bans === '' ? [] : problemsOf(['banned'], () => readBanFile(bans, 0))
  const others = [
    ...ruleProblems(config),
    ...integrationProblems(config),
    ...pipelineProblems(config),
  ]
  return [...rewriting, ...attributes, ...sources, ...banned, ...others]
}

function zoneAttributes([name, { mqtt }]: [string, TidewayConfig['zones'][string]]) {
  return { at: ['zones', name], mqtt }
}

function problemsOf(path: readonly string[], attempt: () => unknown): readonly Problem[] {
  try {
    attempt()
    return []
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return [{ path, message: `is refused: ${message}` }]
  }
}
