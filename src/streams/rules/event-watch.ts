/** Makes records of what happens in a shard, for the rules that read events. */
import type { HookedConnection, Hooks, Receiver } from '#broker/hooks.ts'
import type { Message } from '#broker/message.ts'
import type { Identity } from '#broker/ports.ts'
import type { ConnectPacket } from '#codec/mqtt/connect.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import type { MutableValueMap, ValueMap } from '#plugin/value.ts'
import { messageProperties, payloadOf } from './message-row.ts'
import type { RowContext } from './message-row.ts'
import { showProperties } from './property-names.ts'
import { shownPublisher } from './publisher-name.ts'
import { connackReason, disconnectReason } from './reason-names.ts'

/** Takes a record; `publisher` is who sent the message it is about, empty if there is none. */
export type TakeEvent = (event: string, columns: MutableValueMap, publisher: string) => void

/** Events by the hook that tells of them. */
const HOOK_OF_EVENT = {
  'message.delivered': 'delivered',
  'message.acked': 'acked',
  'message.dropped': 'dropped',
  'delivery.dropped': 'deliveryDropped',
  'client.connected': 'connected',
  'client.disconnected': 'disconnected',
  'client.connack': 'connack',
  'client.check_authz_complete': 'authorized',
  'client.check_authn_complete': 'authenticated',
  'session.subscribed': 'subscribed',
  'session.unsubscribed': 'unsubscribed',
} as const satisfies Readonly<Record<string, keyof Hooks>>

type EventName = keyof typeof HOOK_OF_EVENT

/** Watches exactly these events. */
export function watchEvents(
  hooks: Hooks,
  wanted: ReadonlySet<string>,
  context: RowContext,
  take: TakeEvent,
): void {
  const watchers = makeWatchers(context, take)
  const watched = Object.entries(HOOK_OF_EVENT).filter(([event]) => wanted.has(event))
  hooks.watch('rules', Object.fromEntries(watched.map(([, hook]) => [hook, watchers[hook]])))
}

/** True for events that a hook tells of. */
export function isHookedEvent(event: string): event is EventName {
  return Object.hasOwn(HOOK_OF_EVENT, event)
}

type Watchers = { readonly [K in (typeof HOOK_OF_EVENT)[EventName]]: NonNullable<Hooks[K]> }

function makeWatchers(context: RowContext, take: TakeEvent): Watchers {
  return { ...messageWatchers(context, take), ...clientWatchers(context, take) }
}

function messageWatchers(
  context: RowContext,
  take: TakeEvent,
): Pick<Watchers, 'delivered' | 'acked' | 'dropped' | 'deliveryDropped'> {
  const delivery = (receiver: Receiver, message: Message): MutableValueMap => ({
    ...messageColumns(message, context),
    from_clientid: shownPublisher(message.publisher),
    from_username: context.usernameOf(message.publisher),
    ...receiverColumns(receiver),
  })
  return {
    delivered(receiver, message, qos, retain) {
      const columns = delivery(receiver, message)
      columns.qos = qos
      columns.flags = { retain, dup: false, sys: false }
      take('message.delivered', columns, message.publisher)
    },
    acked(receiver, message, qos) {
      const columns = delivery(receiver, message)
      columns.qos = qos
      columns.puback_props = {}
      take('message.acked', columns, message.publisher)
    },
    dropped(message, publisher) {
      const columns = messageColumns(message, context)
      columns.reason = 'no_subscribers'
      columns.clientid = shownPublisher(message.publisher)
      if (publisher !== undefined) Object.assign(columns, connectionPeer(publisher))
      take('message.dropped', columns, message.publisher)
    },
    deliveryDropped(receiver, message, reason) {
      const columns = delivery(receiver, message)
      columns.reason = reason
      take('delivery.dropped', columns, message.publisher)
    },
  }
}

function clientWatchers(
  context: RowContext,
  take: TakeEvent,
): Omit<Watchers, 'delivered' | 'acked' | 'dropped' | 'deliveryDropped'> {
  return {
    connected(connection, packet) {
      take('client.connected', connectedColumns(connection, packet), '')
    },
    disconnected(connection, reason) {
      const columns = connectionColumns(connection)
      columns.reason = disconnectReason(reason)
      columns.disconn_props = {}
      columns.disconnected_at = context.nowMs()
      columns.connected_at = connection.connectedAtMs
      columns.client_attrs = attributesOf(connection.identity)
      take('client.disconnected', columns, '')
    },
    connack(connection, packet, reason) {
      take('client.connack', connackColumns(connection, packet, reason, context), '')
    },
    authenticated(connection, username, reason, isSuperuser) {
      const columns: MutableValueMap = {
        clientid: connection.clientId,
        username,
        peername: connectionPeer(connection).peername,
        reason_code: connackReason(reason, true),
        is_anonymous: reason === ReasonCode.SUCCESS && username === undefined,
        is_superuser: isSuperuser,
        client_attrs: attributesOf(connection.identity),
      }
      take('client.check_authn_complete', columns, '')
    },
    authorized(who, action, topic, isAllowed, decidedBy) {
      const result = isAllowed ? 'allow' : 'deny'
      const columns = { ...receiverColumns(who), topic, action, result, authz_source: decidedBy }
      take('client.check_authz_complete', { ...columns, client_attrs: attributesOf(who) }, '')
    },
    subscribed(connection, { filter, qos, subscriptionId, userProperties }) {
      const columns = subscriberColumns(connection)
      const ids = subscriptionId === 0 ? {} : { 'Subscription-Identifier': subscriptionId }
      columns.sub_props = { ...showProperties({ userProperties: [...userProperties] }), ...ids }
      columns.topic = filter
      columns.qos = qos
      take('session.subscribed', columns, '')
    },
    unsubscribed(connection, filter, userProperties) {
      const columns = subscriberColumns(connection)
      columns.unsub_props = showProperties({ userProperties: [...userProperties] })
      columns.topic = filter
      take('session.unsubscribed', columns, '')
    },
  }
}

/** The columns of every event about a message; the payload is taken out of the borrowed bytes. */
function messageColumns(message: Message, context: RowContext): MutableValueMap {
  return {
    id: context.messageId(message),
    payload: payloadOf(message),
    topic: message.topic.topic,
    qos: message.qos,
    flags: { retain: message.retain, dup: false, sys: false },
    pub_props: messageProperties(message),
    publish_received_at: message.receivedAtMs,
  }
}

function receiverColumns({ clientId, username, wire }: Receiver): MutableValueMap {
  const columns: MutableValueMap = { clientid: clientId, username }
  if (wire !== undefined) {
    columns.peerhost = wire.peerHost
    columns.peername = `${wire.peerHost}:${wire.peerPort}`
  }
  return columns
}

function attributesOf(identity: Identity | undefined): ValueMap {
  return identity?.clientAttributes ?? {}
}

function connectionPeer({ wire, identity }: HookedConnection): MutableValueMap {
  const { peerHost, peerPort } = wire.info
  const columns: MutableValueMap = { peerhost: peerHost, peername: `${peerHost}:${peerPort}` }
  if (identity?.username !== undefined) columns.username = identity.username
  return columns
}

function connectionColumns(connection: HookedConnection): MutableValueMap {
  const { info } = connection.wire
  return {
    clientid: connection.clientId,
    username: connection.identity?.username,
    peername: `${info.peerHost}:${info.peerPort}`,
    sockname: `${info.localHost ?? '0.0.0.0'}:${info.localPort}`,
    proto_name: connection.version === MQTT_3_1 ? 'MQIsdp' : 'MQTT',
    proto_ver: connection.version,
  }
}

const MQTT_3_1 = 3
/** 0xFFFFFFFF: what MQTT 5 calls for ever. */
const FOREVER_SECONDS = 4_294_967_295

function connectedColumns(connection: HookedConnection, packet: ConnectPacket): MutableValueMap {
  const expirySeconds = Math.floor(connection.expiryMs / 1000)
  return {
    ...connectionColumns(connection),
    mountpoint: connection.mountpoint,
    keepalive: packet.keepAliveSeconds,
    clean_start: packet.cleanStart,
    receive_maximum: connection.inflightMax,
    expiry_interval: Math.min(expirySeconds, FOREVER_SECONDS),
    is_bridge: connection.bridge,
    conn_props: showProperties(packet.properties),
    connected_at: connection.connectedAtMs,
    client_attrs: attributesOf(connection.identity),
  }
}

function connackColumns(
  connection: HookedConnection,
  packet: ConnectPacket | undefined,
  reason: ReasonCode,
  context: RowContext,
): MutableValueMap {
  const columns = connectionColumns(connection)
  columns.reason_code = connackReason(reason, connection.version === MQTT_5)
  columns.connected_at = context.nowMs()
  if (packet === undefined) return columns
  columns.username ??= packet.username
  columns.clean_start = packet.cleanStart
  columns.keepalive = packet.keepAliveSeconds
  columns.expiry_interval = Math.min(connection.expiryMs, FOREVER_SECONDS * 1000)
  columns.conn_props = showProperties(packet.properties)
  return columns
}

const MQTT_5 = 5

function subscriberColumns(connection: HookedConnection): MutableValueMap {
  return {
    clientid: connection.clientId,
    username: undefined,
    ...connectionPeer(connection),
    client_attrs: attributesOf(connection.identity),
  }
}
