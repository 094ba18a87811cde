import type { SysSettings } from '../limits.ts'
import type { QoS } from '../qos.ts'
import { clientLevel, sysPrefix } from './sys-topics.ts'
import type { SysMessage } from './sys-topics.ts'

/** A connected client as the presence messages show it. */
export interface ClientFacts {
  readonly clientId: string
  readonly username: string | undefined
  readonly peerHost: string
  /** Port of the listener. */
  readonly localPort: number
  /** `mqtt`, or the name of a gateway. */
  readonly protocol: string
  /** `MQTT` or `MQIsdp`, or what a gateway speaks. */
  readonly protocolName: string
  readonly protocolVersion: number
  readonly connectedAtMs: number
}

/** What CONNECT asked for. */
export interface ConnectFacts {
  readonly keepAliveSeconds: number
  readonly cleanStart: boolean
  /** Infinity = for ever, shown as the greatest value of the protocol. */
  readonly sessionExpiryMs: number
}

/** Options of a subscription as the presence message shows them. */
export interface SubscriptionFacts {
  readonly qos: QoS
  readonly noLocal: boolean
  readonly retainAsPublished: boolean
  readonly retainHandling: 0 | 1 | 2
  readonly subscriptionId: number | undefined
  readonly isNew: boolean
}

/** 0xFFFFFFFF seconds in ms: what MQTT 5 calls for ever. */
const FOREVER_MS = 4_294_967_295_000

/**
 * Presence messages of one node, by its switches; undefined = switched off, or nobody would get
 * it: with many clients that come and go, messages for nobody cost more than the clients.
 */
export class ClientEvents {
  readonly #prefix: string
  readonly #settings: SysSettings
  readonly #isWanted: (topic: string) => boolean

  /** @param isWanted tells whether anybody subscribed to a topic */
  constructor(nodeName: string, settings: SysSettings, isWanted: (topic: string) => boolean) {
    this.#prefix = sysPrefix(nodeName)
    this.#settings = settings
    this.#isWanted = isWanted
  }

  /** `…/clients/{clientid}/connected`. */
  connected(client: ClientFacts, connect: ConnectFacts, nowMs: number): SysMessage | undefined {
    if (!this.#settings.clientConnected) return undefined
    return this.#message(client, 'connected', () => ({
      ...presence(client, nowMs),
      keepalive: connect.keepAliveSeconds,
      clean_start: connect.cleanStart,
      expiry_interval: Math.min(connect.sessionExpiryMs, FOREVER_MS),
    }))
  }

  /** `…/clients/{clientid}/disconnected`; `reason` as EMQX names it, such as `normal`. */
  disconnected(client: ClientFacts, reason: string, nowMs: number): SysMessage | undefined {
    if (!this.#settings.clientDisconnected) return undefined
    return this.#message(client, 'disconnected', () => ({
      ...presence(client, nowMs),
      reason,
      disconnected_at: nowMs,
    }))
  }

  /** `…/clients/{clientid}/subscribed`. */
  subscribed(
    client: ClientFacts,
    filter: string,
    options: SubscriptionFacts,
    nowMs: number,
  ): SysMessage | undefined {
    if (!this.#settings.clientSubscribed) return undefined
    const { subscriptionId } = options
    return this.#message(client, 'subscribed', () => ({
      clientid: client.clientId,
      username: client.username ?? null,
      protocol: client.protocol,
      topic: filter,
      subopts: {
        qos: options.qos,
        nl: options.noLocal ? 1 : 0,
        rap: options.retainAsPublished ? 1 : 0,
        rh: options.retainHandling,
        sub_props:
          subscriptionId === undefined ? {} : { 'Subscription-Identifier': subscriptionId },
        is_new: options.isNew,
      },
      ts: nowMs,
    }))
  }

  /** `…/clients/{clientid}/unsubscribed`. */
  unsubscribed(client: ClientFacts, filter: string, nowMs: number): SysMessage | undefined {
    if (!this.#settings.clientUnsubscribed) return undefined
    return this.#message(client, 'unsubscribed', () => ({
      clientid: client.clientId,
      username: client.username ?? null,
      protocol: client.protocol,
      topic: filter,
      ts: nowMs,
    }))
  }

  #message(
    client: ClientFacts,
    event: string,
    body: () => Record<string, unknown>,
  ): SysMessage | undefined {
    const gateway = client.protocol === 'mqtt' ? '' : `gateway/${clientLevel(client.protocol)}/`
    const topic = `${this.#prefix}${gateway}clients/${clientLevel(client.clientId)}/${event}`
    if (!this.#isWanted(topic)) return undefined
    return { topic, payload: JSON.stringify(body()), retain: false }
  }
}

function presence(client: ClientFacts, nowMs: number): Record<string, unknown> {
  return {
    clientid: client.clientId,
    username: client.username ?? null,
    ipaddress: client.peerHost,
    sockport: client.localPort,
    protocol: client.protocol,
    proto_name: client.protocolName,
    proto_ver: client.protocolVersion,
    connected_at: client.connectedAtMs,
    ts: nowMs,
  }
}
