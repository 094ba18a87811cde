/** The events that rules can read, with a sample of each: its fields are the columns. */
import { matchesFilter } from '#broker/topics/filter-match.ts'
import type { ValueMap } from '#plugin/value.ts'

/** One kind of event. */
export interface EventSource {
  /** Name in the column `event`. */
  readonly event: string
  /** Names after FROM; EMQX before 5.9 knew the first one only. */
  readonly topics: readonly string[]
  /** When it happens. */
  readonly text: string
  /** One record; the columns that all events have are added. */
  readonly sample: ValueMap
}

const CLIENT = { clientid: 'c_emqx', username: 'u_emqx' } as const
const PEER = { peerhost: '192.168.0.10', peername: '192.168.0.10:56431' } as const
const SOCKETS = { peername: PEER.peername, sockname: '0.0.0.0:1883' } as const
const PROTOCOL = { proto_name: 'MQTT', proto_ver: 5 } as const
const AT_MS = 1_700_000_000_000
const MESSAGE = {
  id: '0018BCFE56878FA9F44500000D360002',
  payload: '{"msg": "hello"}',
  topic: 't/a',
  qos: 1,
  flags: { retain: false, dup: false, sys: false },
  pub_props: {},
  publish_received_at: AT_MS,
} as const
const DELIVERY = { from_clientid: 'c_emqx_1', from_username: 'u_emqx_1', ...CLIENT, ...PEER }
const ATTRIBUTES = { client_attrs: {} } as const
const ALARM = {
  name: 'high_system_memory_usage',
  message: 'System memory usage is higher than 70%',
  details: { high_watermark: 70, usage: 75 },
  activated_at: AT_MS * 1000,
} as const

/** A published message, the source of rules that read topics. */
export const MESSAGE_PUBLISH: EventSource = {
  event: 'message.publish',
  topics: [],
  text: 'A message is published to a topic that the filter matches.',
  sample: { ...MESSAGE, ...CLIENT, ...PEER, ...ATTRIBUTES },
}

/** Sources whose name begins with `$events/`. */
export const EVENT_SOURCES: readonly EventSource[] = [
  {
    event: 'message.delivered',
    topics: ['$events/message_delivered', '$events/message/delivered'],
    text: 'A message is sent to a client for the first time.',
    sample: { ...MESSAGE, ...DELIVERY },
  },
  {
    event: 'message.acked',
    topics: ['$events/message_acked', '$events/message/acked'],
    text: 'A client acknowledges a message of QoS 1 or 2.',
    sample: { ...MESSAGE, ...DELIVERY, puback_props: {} },
  },
  {
    event: 'message.dropped',
    topics: ['$events/message_dropped', '$events/message/dropped'],
    text: 'A message is published that nobody is subscribed to.',
    sample: { ...MESSAGE, ...CLIENT, ...PEER, reason: 'no_subscribers' },
  },
  {
    event: 'delivery.dropped',
    topics: ['$events/delivery_dropped', '$events/message/delivery_dropped'],
    text:
      'A message does not reach one of its receivers: `queue_full`, `no_local`, `expired`, ' +
      '`qos0_msg` (the receiver is away) or `too_large`.',
    sample: { ...MESSAGE, ...DELIVERY, reason: 'queue_full' },
  },
  {
    event: 'schema.validation_failed',
    topics: ['$events/schema_validation_failed', '$events/schema_validation/failed'],
    text: 'A published message does not pass a validation.',
    sample: { ...MESSAGE, ...CLIENT, ...PEER, ...ATTRIBUTES, validation: 'my_validation' },
  },
  {
    event: 'message.transformation_failed',
    topics: ['$events/message_transformation_failed', '$events/message_transformation/failed'],
    text: 'A transformation of a published message fails.',
    sample: { ...MESSAGE, ...CLIENT, ...PEER, ...ATTRIBUTES, transformation: 'my_transformation' },
  },
  {
    event: 'client.connected',
    topics: ['$events/client_connected', '$events/client/connected'],
    text: 'A client has connected.',
    sample: {
      ...CLIENT,
      ...SOCKETS,
      ...PROTOCOL,
      mountpoint: '',
      keepalive: 60,
      clean_start: true,
      receive_maximum: 32,
      expiry_interval: 3600,
      is_bridge: false,
      conn_props: {},
      connected_at: AT_MS,
      ...ATTRIBUTES,
    },
  },
  {
    event: 'client.disconnected',
    topics: ['$events/client_disconnected', '$events/client/disconnected'],
    text: 'The connection of a client has ended.',
    sample: {
      reason: 'normal',
      ...CLIENT,
      ...SOCKETS,
      ...PROTOCOL,
      disconn_props: {},
      disconnected_at: AT_MS,
      connected_at: AT_MS,
      ...ATTRIBUTES,
    },
  },
  {
    event: 'client.connack',
    topics: ['$events/client_connack', '$events/client/connack'],
    text: 'A client is let in or refused. `expiry_interval` is in milliseconds.',
    sample: {
      reason_code: 'success',
      ...CLIENT,
      ...SOCKETS,
      ...PROTOCOL,
      clean_start: true,
      keepalive: 60,
      expiry_interval: 3_600_000,
      conn_props: {},
      connected_at: AT_MS,
    },
  },
  {
    event: 'client.check_authz_complete',
    topics: ['$events/client_check_authz_complete', '$events/auth/check_authz_complete'],
    text:
      'It is decided whether a client may publish or subscribe. `authz_source`: the source that ' +
      'did, such as `file`; `superuser`, `cache`, `client_info`, or `default` (`no_match`).',
    sample: {
      ...CLIENT,
      ...PEER,
      topic: 't/a',
      action: 'publish',
      result: 'allow',
      authz_source: 'file',
      ...ATTRIBUTES,
    },
  },
  {
    event: 'client.check_authn_complete',
    topics: ['$events/client_check_authn_complete', '$events/auth/check_authn_complete'],
    text: 'It is decided whether a client is who it says.',
    sample: {
      ...CLIENT,
      peername: PEER.peername,
      reason_code: 'success',
      is_anonymous: false,
      is_superuser: false,
      ...ATTRIBUTES,
    },
  },
  {
    event: 'session.subscribed',
    topics: ['$events/session_subscribed', '$events/session/subscribed'],
    text: 'A client has subscribed to a filter.',
    sample: { ...CLIENT, ...PEER, sub_props: {}, topic: 't/a', qos: 1, ...ATTRIBUTES },
  },
  {
    event: 'session.unsubscribed',
    topics: ['$events/session_unsubscribed', '$events/session/unsubscribed'],
    text: 'A client has given up a subscription.',
    sample: { ...CLIENT, ...PEER, unsub_props: {}, topic: 't/a', qos: 1, ...ATTRIBUTES },
  },
  {
    event: 'alarm.activated',
    topics: ['$events/sys/alarm_activated'],
    text: 'An alarm is raised. Times of alarms are in microseconds.',
    sample: ALARM,
  },
  {
    event: 'alarm.deactivated',
    topics: ['$events/sys/alarm_deactivated'],
    text: 'An alarm is over.',
    sample: { ...ALARM, deactivated_at: AT_MS * 1000 },
  },
]

/** Columns of every record. */
export const COMMON_SAMPLE: ValueMap = {
  event: 'message.publish',
  timestamp: AT_MS,
  node: 'tideway@127.0.0.1',
  metadata: { rule_id: 'rule:sample' },
}

/** What a source after FROM stands for. */
export type SourceKind = 'topic' | 'event' | 'bridge'

/** Tells by the name. */
export function kindOfSource(name: string): SourceKind {
  if (name.startsWith('$events/')) return 'event'
  return name.startsWith('$bridges/') || name.startsWith('$sources/') ? 'bridge' : 'topic'
}

/** The events that a name after FROM means; wildcards are allowed in the newer form of names. */
export function eventsNamed(name: string): readonly EventSource[] {
  return EVENT_SOURCES.filter(({ topics }) => topics.some((topic) => matchesFilter(name, topic)))
}

/** A whole sample record of an event, by the name in its column `event`. */
export function sampleOf(event: string): ValueMap | undefined {
  const source = [MESSAGE_PUBLISH, ...EVENT_SOURCES].find((one) => one.event === event)
  return source && { ...COMMON_SAMPLE, ...source.sample, event }
}
