/** Spans of what clients do beside publishing: connecting, subscribing, going. */
import type { HookedConnection, SharedHooks } from '#broker/hooks.ts'
import { SpanKind } from '#codec/otlp/spans.ts'
import { attributesOf, type SpanSource } from './span-source.ts'
import type { TraceContext } from './trace-context.ts'
import type { EndToEndFilter } from './tracing-settings.ts'

/** What these spans need of the tracer. */
export interface ClientSpanPorts {
  readonly spans: SpanSource
  /** Whether this is traced: by the lists, and by chance if its kind is. */
  isWanted(clientId: string, topic: string | undefined, isKindWanted: boolean): boolean
  /** Time of the thread's clock, see `HookedConnection.lastReceivedMs`. */
  monotonicMs(): number
}

interface Connecting {
  readonly context: TraceContext | undefined
  readonly startMs: number
}

/** Watches clients as far as the filter says. */
export function clientHooks(ports: ClientSpanPorts, filter: EndToEndFilter): SharedHooks {
  const { connections, subscriptions, clientIds, topics } = filter
  const hasClients = clientIds.length > 0
  const hasSubscriptions = hasClients || topics.length > 0
  return {
    ...((connections || hasClients) && connectionHooks(ports, filter)),
    ...((subscriptions || hasSubscriptions) && subscriptionHooks(ports, filter)),
  }
}

function connectionHooks(
  ports: ClientSpanPorts,
  { clusterId, connections }: EndToEndFilter,
): SharedHooks {
  const { spans } = ports
  const isWanted = ({ clientId }: HookedConnection): boolean =>
    ports.isWanted(clientId, undefined, connections)
  const connecting = new WeakMap<HookedConnection, Connecting>()
  const began = (connection: HookedConnection): Connecting => {
    const known = connecting.get(connection)
    if (known !== undefined) return known
    const context = isWanted(connection) ? spans.begin(undefined) : undefined
    const one = { context, startMs: receivedMs(ports, connection) }
    connecting.set(connection, one)
    return one
  }
  return {
    authenticated(connection, username, reason, isSuperuser) {
      const { context, startMs } = began(connection)
      if (context === undefined) return
      spans.end(spans.begin(context), context, startMs, {
        name: 'client.authn',
        attributes: {
          ...clientAttributes(connection, clusterId),
          ...attributesOf({ 'client.username': username }),
          'client.is_superuser': isSuperuser,
        },
        failure: reason === 0 ? undefined : reasonText(reason),
      })
    },
    connack(connection, _packet, reason) {
      const { context, startMs } = began(connection)
      connecting.delete(connection)
      if (context === undefined) return
      spans.end(context, undefined, startMs, {
        name: 'client.connect',
        kind: SpanKind.SERVER,
        attributes: {
          ...clientAttributes(connection, clusterId),
          'client.proto_ver': connection.version,
          'client.clean_start': connection.cleanStart,
          'client.keepalive': Math.round(connection.keepAliveMs / 1000),
        },
        failure: reason === 0 ? undefined : reasonText(reason),
      })
    },
    disconnected(connection, reason) {
      if (!isWanted(connection)) return
      spans.end(spans.begin(undefined), undefined, spans.nowMs(), {
        name: 'client.disconnect',
        kind: SpanKind.SERVER,
        attributes: {
          ...clientAttributes(connection, clusterId),
          'client.disconnect.reason': reason,
        },
      })
    },
  }
}

function subscriptionHooks(
  ports: ClientSpanPorts,
  { clusterId, subscriptions }: EndToEndFilter,
): SharedHooks {
  const { spans } = ports
  const tell = (
    name: string,
    connection: HookedConnection,
    topic: string,
    more: Readonly<Record<string, number>>,
  ): void => {
    if (!ports.isWanted(connection.clientId, topic, subscriptions)) return
    spans.end(spans.begin(undefined), undefined, receivedMs(ports, connection), {
      name,
      kind: SpanKind.SERVER,
      attributes: { ...clientAttributes(connection, clusterId), 'message.topic': topic, ...more },
    })
  }
  return {
    subscribed(connection, { filter, qos }) {
      tell('client.subscribe', connection, filter, { 'client.subscribe.qos': qos })
    },
    unsubscribed: (connection, filter) => tell('client.unsubscribe', connection, filter, {}),
  }
}

/** Attributes of a client under the names of EMQX. */
export function clientAttributes(connection: HookedConnection, clusterId: string | undefined) {
  const { peerHost, peerPort } = connection.wire.info
  return attributesOf({
    'cluster.id': clusterId,
    'client.clientid': connection.clientId,
    'client.username': connection.identity?.username,
    'client.peername': `${peerHost}:${peerPort}`,
  })
}

function receivedMs(ports: ClientSpanPorts, connection: HookedConnection): number {
  return ports.spans.nowMs() - Math.max(0, ports.monotonicMs() - connection.lastReceivedMs)
}

function reasonText(reason: number): string {
  return `reason code 0x${reason.toString(16)}`
}
