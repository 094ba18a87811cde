/**
 * Every limit and choice the core obeys, as one frozen snapshot. The composition root makes it
 * from the configuration; a change of configuration swaps the whole object between two ticks.
 */
import type { Allowance } from '#kernel/token-bucket.ts'

export type SharedStrategyName =
  | 'random'
  | 'round_robin'
  | 'round_robin_per_group'
  | 'sticky'
  | 'local'
  | 'hash_clientid'
  | 'hash_topic'

export type StickyPickName = 'random' | 'local' | 'hash_clientid' | 'hash_topic'

export interface SharedGroupSettings {
  readonly strategy: SharedStrategyName
  readonly initialStickyPick: StickyPickName
}

/** What of a client certificate names the client. */
export type CertificatePart = 'cn' | 'dn' | 'crt' | 'pem' | 'md5'

/** Limits of the MQTT protocol; names follow EMQX's `mqtt.*` keys. */
export interface MqttSettings {
  /** From accept to CONNECT. */
  readonly idleTimeoutMs: number
  readonly packetBytesMax: number
  readonly clientIdBytesMax: number
  readonly topicLevelsMax: number
  readonly qosMax: 0 | 1 | 2
  /** Topic aliases a client may use towards the broker; 0 = none. */
  readonly topicAliasMax: number
  readonly retainAvailable: boolean
  readonly wildcardSubscription: boolean
  readonly sharedSubscription: boolean
  readonly exclusiveSubscription: boolean
  readonly ignoreLoopDeliver: boolean
  readonly responseInformation: string
  /** 0 = the client's own keep alive holds. */
  readonly serverKeepAliveSeconds: number
  readonly keepAliveMultiplier: number
  /** Infinity = re-send on resume only. */
  readonly retryIntervalMs: number
  readonly useUsernameAsClientId: boolean
  readonly peerCertAsUsername: CertificatePart | 'disabled'
  readonly peerCertAsClientId: CertificatePart | 'disabled'
  /** Expiry of persistent 3.x sessions. */
  readonly sessionExpiryMs: number
  /** Longest expiry granted to a 5.0 session; Infinity = no cap. */
  readonly sessionExpiryMaxMs: number
  /** Cap on message expiry; Infinity = none. */
  readonly messageExpiryMs: number
  /** Unreleased incoming QoS 2 messages of a 5.0 client, and its Receive Maximum. */
  readonly awaitingRelMax: number
  readonly awaitRelTimeoutMs: number
  readonly subscriptionsMax: number
  readonly upgradeQos: boolean
  readonly inflightMax: number
  readonly queueMessagesMax: number
  readonly queueBytesMax: number
  readonly queueDropPolicy: 'drop_oldest' | 'drop_newest'
  /** Topic to priority 1..255; undefined = one lane. */
  readonly queuePriorities: ReadonlyMap<string, number> | undefined
  readonly queueDefaultPriority: 'lowest' | 'highest'
  readonly queueStoreQos0: boolean
  readonly userPropertiesMax: number
  /** Bytes a connection may have waiting in its transport before it is closed as too slow. */
  readonly outboxBytesMax: number
  /** Bytes waiting in the transport above which deliveries go to the queue instead. */
  readonly outboxBytesHigh: number
  /** Publishes of one connection whose acknowledgement waits; reading stops above it. */
  readonly pendingAcksMax: number
}

export interface RetainerSettings {
  readonly enable: boolean
  readonly messageExpiryMs: number
  readonly clearIntervalMs: number
  readonly payloadBytesMax: number
  readonly messagesMax: number
  readonly totalBytesMax: number
  readonly stopPublishClearMessage: boolean
  /** Retained messages per second to one new subscription; Infinity = unpaced. */
  readonly deliveryRate: number
}

export interface DelayedSettings {
  readonly enable: boolean
  readonly messagesMax: number
}

export interface RewriteRuleSettings {
  readonly action: 'publish' | 'subscribe' | 'all'
  readonly sourceTopic: string
  readonly regularExpression: string
  readonly destTopic: string
}

/** An attribute that clients get when they connect. */
export interface AttributeSettings {
  readonly name: string
  /** See attributes/expression.ts. */
  readonly expression: string
}

export interface AutoSubscribeSettings {
  readonly topic: string
  readonly qos: 0 | 1 | 2
  readonly noLocal: boolean
  readonly retainAsPublished: boolean
  readonly retainHandling: 0 | 1 | 2
}

export interface SysSettings {
  /** 0 = off. */
  readonly messageIntervalMs: number
  readonly heartbeatIntervalMs: number
  readonly clientConnected: boolean
  readonly clientDisconnected: boolean
  readonly clientSubscribed: boolean
  readonly clientUnsubscribed: boolean
}

/** Name of the zone of listeners and sessions that name none. */
export const DEFAULT_ZONE = 'default'

/** What a zone may have of its own: the rest is the same for all clients. */
export interface ZoneSettings {
  readonly mqtt: MqttSettings
  readonly clientAttributes: readonly AttributeSettings[]
  /** Memory that one connected client may hold; Infinity = no limit. */
  readonly clientBytesMax: number
}

export interface BrokerSettings extends ZoneSettings {
  readonly nodeName: string
  readonly version: string
  /** Settings of the clients of listeners that name a zone, complete; see zones.ts. */
  readonly zones: ReadonlyMap<string, ZoneSettings>
  readonly shared: SharedGroupSettings
  readonly sharedGroups: ReadonlyMap<string, SharedGroupSettings>
  readonly retainer: RetainerSettings
  readonly delayed: DelayedSettings
  readonly rewrite: readonly RewriteRuleSettings[]
  readonly autoSubscribe: readonly AutoSubscribeSettings[]
  readonly sys: SysSettings
  /** What a client gets that is denied a publish or a subscription: a refusal, or the end. */
  readonly denyAction: 'ignore' | 'disconnect'
}

/** What one client may send; undefined = as much as it can. */
export interface ClientRates {
  readonly messages: Allowance | undefined
  readonly messagesBurst: Allowance | undefined
  readonly bytes: Allowance | undefined
  readonly bytesBurst: Allowance | undefined
  /** What happens above: it is read later, its messages are refused (0x97), or it is sent away. */
  readonly action: 'pause' | 'refuse' | 'disconnect'
}

/** What the core needs to know of a listener. */
export interface ListenerSettings {
  /** `type:name`, such as `tcp:default`. */
  readonly id: string
  /** Prefix of all topics of its clients; may hold `${clientid}` and `${username}`. */
  readonly mountpoint: string
  readonly rates?: ClientRates | undefined
}

/** Settings as shipped; tests change single fields. */
export const DEFAULT_SETTINGS: BrokerSettings = {
  nodeName: 'tideway@127.0.0.1',
  version: '0.1.0',
  mqtt: {
    idleTimeoutMs: 15_000,
    packetBytesMax: 1_048_576,
    clientIdBytesMax: 65_535,
    topicLevelsMax: 128,
    qosMax: 2,
    topicAliasMax: 65_535,
    retainAvailable: true,
    wildcardSubscription: true,
    sharedSubscription: true,
    exclusiveSubscription: true,
    ignoreLoopDeliver: false,
    responseInformation: '',
    serverKeepAliveSeconds: 0,
    keepAliveMultiplier: 1.5,
    retryIntervalMs: Number.POSITIVE_INFINITY,
    useUsernameAsClientId: false,
    peerCertAsUsername: 'disabled',
    peerCertAsClientId: 'disabled',
    sessionExpiryMs: 7_200_000,
    sessionExpiryMaxMs: Number.POSITIVE_INFINITY,
    messageExpiryMs: Number.POSITIVE_INFINITY,
    awaitingRelMax: 1_000,
    awaitRelTimeoutMs: Number.POSITIVE_INFINITY,
    subscriptionsMax: Number.POSITIVE_INFINITY,
    upgradeQos: false,
    inflightMax: 1_024,
    queueMessagesMax: 100_000,
    queueBytesMax: 67_108_864,
    queueDropPolicy: 'drop_oldest',
    queuePriorities: undefined,
    queueDefaultPriority: 'lowest',
    queueStoreQos0: true,
    userPropertiesMax: 65_535,
    outboxBytesMax: 67_108_864,
    outboxBytesHigh: 1_048_576,
    pendingAcksMax: 10_000,
  },
  shared: { strategy: 'round_robin', initialStickyPick: 'random' },
  sharedGroups: new Map(),
  retainer: {
    enable: true,
    messageExpiryMs: 0,
    clearIntervalMs: 0,
    payloadBytesMax: 1_048_576,
    messagesMax: 0,
    totalBytesMax: 0,
    stopPublishClearMessage: false,
    deliveryRate: Number.POSITIVE_INFINITY,
  },
  delayed: { enable: true, messagesMax: 0 },
  rewrite: [],
  clientAttributes: [],
  autoSubscribe: [],
  sys: {
    messageIntervalMs: 60_000,
    heartbeatIntervalMs: 30_000,
    clientConnected: true,
    clientDisconnected: true,
    clientSubscribed: false,
    clientUnsubscribed: false,
  },
  denyAction: 'ignore',
  clientBytesMax: 134_217_728,
  zones: new Map(),
}
