/** `mqtt.*`: limits and behaviour of sessions. */
import { bool, bytes, duration, int, list, map, number, object, oneOf, string } from '../field.ts'
import { checkMqttText } from './topic-checks.ts'

const CERTIFICATE_PARTS = ['disabled', 'cn', 'dn', 'crt', 'pem', 'md5'] as const

/** How a member of a shared subscription is chosen. */
export const SHARED_STRATEGIES = [
  'random',
  'round_robin',
  'round_robin_per_group',
  'sticky',
  'local',
  'hash_topic',
  'hash_clientid',
] as const

/** How the `sticky` strategy chooses its first member. */
export const STICKY_PICKS = ['random', 'local', 'hash_topic', 'hash_clientid'] as const

const connectFields = {
  idle_timeout: duration({
    text: 'A connection that has sent no CONNECT for this long is closed.',
    words: ['infinity'],
    default: '15s',
  }),
  max_packet_size: bytes({
    text:
      'Largest packet accepted. A larger one closes the connection with reason code 0x95. ' +
      'Clients are told this limit in CONNACK.',
    min: 1,
    max: 268_435_455,
    default: '1MB',
  }),
  max_clientid_len: int({
    text: 'Longest client identifier. A longer one is refused with reason code 0x85.',
    unit: 'bytes',
    min: 23,
    max: 65_535,
    default: 65_535,
  }),
  max_connections_per_user: int({
    text: 'Connections that clients with the same user name may have. A further one gets 0x97.',
    words: ['infinity'],
    min: 1,
    default: 'infinity',
  }),
  max_connections_per_address: int({
    text: 'Connections that clients from the same address may have. A further one gets 0x97.',
    words: ['infinity'],
    min: 1,
    default: 'infinity',
  }),
  max_topic_levels: int({
    text: 'Deepest topic or filter.',
    unit: 'levels',
    min: 1,
    max: 65_535,
    default: 128,
  }),
  max_topic_alias: int({
    text: 'Topic aliases a client may set up, and at most this many are used towards it.',
    min: 0,
    max: 65_535,
    default: 65_535,
  }),
  max_user_properties: int({
    text: 'User properties accepted in one packet.',
    min: 0,
    max: 65_535,
    default: 65_535,
  }),
  response_information: string({
    text: 'Answer to a client that asks for Response Information. Empty: no answer.',
    check: checkMqttText,
    default: '',
  }),
  server_keepalive: int({
    text:
      'Keep-alive that MQTT 5 clients are told to use instead of their own. MQTT 3 clients ' +
      'cannot be told: their own holds.',
    unit: 's',
    words: ['disabled'],
    min: 1,
    max: 65_535,
    default: 'disabled',
  }),
  keepalive_multiplier: number({
    text: 'A client that is silent for its keep-alive times this factor is disconnected.',
    min: 1,
    max: 65_535,
    default: 1.5,
  }),
}

const identityFields = {
  use_username_as_clientid: bool({
    text: 'Take the user name as the client identifier.',
    default: false,
  }),
  peer_cert_as_username: oneOf(CERTIFICATE_PARTS, {
    text:
      'Take a part of the client certificate as the user name: its common name (`cn`), its ' +
      'distinguished name (`dn`), the MD5 sum of it (`md5`, hexadecimal) or the whole of it ' +
      '(`crt` and `pem`, both as one line of Base64, as bytes are no text). Needs ' +
      '`verify = verify_peer`, or a PROXY header that tells the common name.',
    default: 'disabled',
  }),
  peer_cert_as_clientid: oneOf(CERTIFICATE_PARTS, {
    text:
      'Take a part of the client certificate as the client identifier, as with ' +
      '`peer_cert_as_username`.',
    default: 'disabled',
  }),
}

const attributeFields = {
  client_attrs_init: list(
    object(
      {
        expression: string({
          text:
            'How the attribute is made: `clientid`, `username`, `cn`, `dn`, `peerhost`, ' +
            '`listener`, `zone`, `user_property.<name>`, texts in quotes, numbers, and the ' +
            'functions ' +
            '`nth`, `tokens`, `split`, `substr`, `concat`, `coalesce`, `lower`, `upper`, `trim`.',
          required: true,
        }),
        set_as_attr: string({
          text: 'Name of the attribute.',
          required: true,
          pattern: /^[A-Za-z_][\w-]{0,254}$/,
          patternText: 'a name of letters, digits, `_` and `-`',
        }),
      },
      { text: 'One attribute.' },
    ),
    {
      text:
        'Attributes that clients get when they connect. They may stand in mountpoints, rules ' +
        'and requests to backends as `${client_attrs.<name>}`. Tokens and backends may give more.',
      itemsMax: 100,
      default: [],
      example: [{ expression: "nth(1, tokens(clientid, '-'))", set_as_attr: 'line' }],
    },
  ),
}

const capabilityFields = {
  max_qos_allowed: oneOf([0, 1, 2], {
    text: 'Highest QoS. Subscriptions are granted at most this; higher PUBLISH is refused.',
    default: 2,
  }),
  retain_available: bool({ text: 'Retained messages may be published.', default: true }),
  wildcard_subscription: bool({ text: 'Filters may hold `+` and `#`.', default: true }),
  shared_subscription: bool({ text: '`$share` and `$queue` filters are allowed.', default: true }),
  shared_subscription_strategy: oneOf(SHARED_STRATEGIES, {
    text: 'How a member of a shared subscription is chosen for a message.',
    hot: 'live',
    default: 'round_robin',
  }),
  shared_subscription_initial_sticky_pick: oneOf(STICKY_PICKS, {
    text: 'How the `sticky` strategy chooses its first member.',
    hot: 'live',
    default: 'random',
  }),
  exclusive_subscription: bool({
    text: '`$exclusive/<topic>` filters, held by one client at a time, are allowed.',
    default: true,
  }),
  ignore_loop_deliver: bool({
    text: 'MQTT 3 clients do not get back what they published themselves.',
    default: false,
  }),
}

const sessionFields = {
  session_expiry_interval: duration({
    text:
      'How long the session of an MQTT 3 client without clean session is kept after it left. ' +
      'MQTT 5 clients say it themselves.',
    default: '2h',
  }),
  message_expiry_interval: duration({
    text: 'Longest life of a message, also when its publisher asked for more.',
    hot: 'live',
    words: ['infinity'],
    min: 1000,
    default: 'infinity',
  }),
  max_subscriptions: int({
    text: 'Subscriptions of one session.',
    words: ['infinity'],
    min: 1,
    default: 'infinity',
  }),
  upgrade_qos: bool({
    text: 'Deliver with the higher of the publisher’s and the subscription’s QoS, not the lower.',
    default: false,
  }),
  max_awaiting_rel: int({
    text:
      'Messages of QoS 1 and 2 that an MQTT 5 client may have under way to the broker, QoS 2 ' +
      'until its PUBREL. It is told this as Receive Maximum; more close the connection with ' +
      'reason code 0x93. MQTT 3 clients have their 65535 packet identifiers.',
    words: ['infinity'],
    min: 1,
    default: 1000,
  }),
  await_rel_timeout: duration({
    text:
      'The packet identifier of a QoS 2 message whose PUBREL has not come for this long is ' +
      'forgotten; sent once more, the message is delivered twice.',
    words: ['infinity'],
    min: 1,
    default: 'infinity',
  }),
  retry_interval: duration({
    text:
      'Send what an MQTT 3 client has not acknowledged again on a live connection after this ' +
      'time. MQTT 5 forbids it for its clients.',
    words: ['infinity'],
    min: 1000,
    default: 'infinity',
  }),
}

const queueFields = {
  max_inflight: int({
    text:
      'Messages sent to one client that wait for its acknowledgement. An MQTT 5 client can ' +
      'lower it by its Receive Maximum.',
    min: 1,
    max: 65_535,
    default: 1024,
  }),
  max_mqueue_len: int({
    text:
      'Messages queued for one session while its in-flight window is full or it is away. ' +
      '0 and `infinity` set no limit in messages; the limit in bytes still holds.',
    words: ['infinity'],
    min: 0,
    default: 100_000,
  }),
  max_mqueue_bytes: bytes({
    text: 'Bytes queued for one session.',
    words: ['infinity'],
    min: 1024,
    default: '64MB',
  }),
  mqueue_drop_policy: oneOf(['drop_oldest', 'drop_newest'], {
    text: 'What is dropped when the queue of a session is full.',
    default: 'drop_oldest',
  }),
  mqueue_priorities: map(int({ text: 'Priority of the topic.', min: 1, max: 255 }), {
    text: 'Priorities of topics in the queue; a higher number leaves first.',
    keyLabel: 'topic',
    entriesMax: 1000,
    words: ['disabled'],
    default: 'disabled',
    example: { 'alarm/fire': 10, 'alarm/door': 8 },
  }),
  mqueue_default_priority: oneOf(['lowest', 'highest'], {
    text: 'Priority of topics that `mqueue_priorities` does not name.',
    default: 'lowest',
  }),
  mqueue_store_qos0: bool({
    text: 'QoS 0 messages are queued too, instead of being dropped.',
    default: true,
  }),
  max_outbox_bytes: bytes({
    text:
      'Bytes that may wait to be written to one connection. Above it deliveries wait in the ' +
      'queue of the session. At eight times as much, or twice `max_packet_size` if that is ' +
      'more, the connection is closed.',
    min: 65_536,
    default: '8MB',
  }),
}

export const mqtt = object(
  {
    ...connectFields,
    ...identityFields,
    ...attributeFields,
    ...capabilityFields,
    ...sessionFields,
    ...queueFields,
  },
  { text: 'Limits and behaviour of MQTT sessions.', hot: 'new-connections' },
)
