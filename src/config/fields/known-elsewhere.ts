/**
 * Keys that EMQX 5.8 knows and that have no effect here (yet).
 *
 * A file written for EMQX is read; each such key is reported with what it would have done,
 * instead of being refused as unknown. A key that gets an owner moves to its field file.
 */
import type { HoconNode } from '../hocon/value.ts'

/** One row: keys at and below the pattern. `*` stands for any one key, `**` for any number. */
export interface KnownElsewhere {
  readonly pattern: string
  /** The value that asks for what happens here anyway: it is not reported. */
  readonly asHere?: string
  /** What EMQX does by it, after "would have …" or as a reason why it is not needed here. */
  readonly effect: string
  /** `warning`: something the owner relies on (access, data) may be missing. */
  readonly level: 'notice' | 'warning'
}

type Row = readonly [pattern: string, effect: string, asHere?: string]

/** Protection, access and data: the owner must notice that they are missing. */
const WARNINGS: readonly Row[] = [
  ['authorization.node_cache', 'remembers decisions for all clients together'],
  ['limiter', 'limits rates of the node'],
  ['actions.*.*.local_topic', 'sends the messages of a topic without a rule'],
  ['dashboard.bootstrap_users_file', 'makes users at the start'],
  ['dashboard.sso.saml', 'lets users log in by SAML'],
  ['dashboard.sso.oidc.client_jwks', 'signs requests to the provider with a private key', 'none'],
  ['bridges', 'holds data bridges as before EMQX 5.4; see `connectors`, `actions` and `sources`'],
  ['gateway', 'holds gateways for other protocols'],
  ['exhook', 'calls hooks over gRPC'],
  ['schema_registry.external', 'reads schemas from a Confluent registry'],
  ['cluster', 'joins nodes to a cluster'],
  ['file_transfer', 'receives files over MQTT'],
  ['listeners.quic', 'listens for MQTT over QUIC'],
  ['message_queue', 'keeps queues of messages'],
  ['authentication.*.precondition', 'is for some clients only'],
  ['listeners.*.*.authentication.*.precondition', 'is for some clients only'],
  ['connectors.mqtt.*.static_clientids', 'fixes the client identifiers of each node'],
  ['log.audit', 'writes an audit log'],
  ['mqtt.clientid_override', 'replaces client identifiers by an expression', 'disabled'],
]

const NOTICES: readonly Row[] = [
  ['connectors.*.*.pool_type', 'chooses a connection by chance or by client', 'random'],
  ['connectors.*.*.mode', 'is out of use since EMQX 5.0', 'cluster_shareload'],
  ['connectors.*.*.resource_opts.health_check_interval_jitter', 'spreads checks', '0s'],
  ['actions.*.*.resource_opts.health_check_interval_jitter', 'spreads checks', '0s'],
  ['actions.*.*.resource_opts.health_check_timeout', 'limits checks', '60s'],
  ['sources.*.*.resource_opts.health_check_interval_jitter', 'spreads checks', '0s'],
  ['sources.*.*.resource_opts.health_check_timeout', 'limits checks', '60s'],
  ['connectors.*.*.max_inactive', 'closes connections that are not used'],
  ['connectors.*.*.retry_interval', 'sends again what was not acknowledged; at once here'],
  ['connectors.*.*.reconnect_interval', 'sets the pause before connecting again'],
  ['connectors.*.*.auto_reconnect', 'connects again by itself; always so here', 'true'],
  ['connectors.datalayers.*.parameters.driver_type', 'chooses the API', 'influxdb_v1'],
  ['actions.*.*.parameters.undefined_vars_as_null', 'makes what is missing NULL', 'true'],
  ['connectors.mongodb.*.use_legacy_protocol', 'chooses a protocol of MongoDB', 'auto'],
  ['connectors.mongodb.*.topology', 'tunes the MongoDB library of Erlang'],
  ['connectors.mongodb.*.parameters.r_mode', 'chooses who is read from; nothing is read'],
  ['connectors.s3.*.transport_options.enable_pipelining', 'sends requests ahead of answers'],
  ['connectors.s3.*.transport_options.max_retries', 'tries again at once; see `resource_opts`'],
  ['connectors.s3.*.transport_options.pool_type', 'chooses how requests find a connection'],
  ['connectors.s3.*.transport_options.ipv6_probe', 'looks for IPv6 first'],
  ['connectors.couchbase.*.pipelining', 'sends requests ahead of answers'],
  ['connectors.iotdb.*.enable_pipelining', 'sends requests ahead of answers'],
  ['connectors.iotdb.*.driver', 'chooses the protocol', 'restapi'],
  ['connectors.elasticsearch.*.enable_pipelining', 'sends requests ahead of answers'],
  ['connectors.rabbitmq.*.pool_size', 'opens several connections'],
  [
    'connectors.redis.*.parameters.auto_reconnect',
    'connects again by itself; always so here',
    'true',
  ],
  ['connectors.http.*.request', 'holds keys that are those of the action'],
  ['actions.*.*.resource_opts.resume_interval', 'sets the pause before trying again'],
  ['actions.*.*.resource_opts.buffer_seg_bytes', 'sets the size of files of a buffer'],
  ['actions.*.*.resource_opts.metrics_flush_interval', 'gathers counts before they are added'],
  ['sources.*.*.resource_opts.resume_interval', 'sets the pause before trying again'],
  ['sources.kafka_consumer.*.parameters.max_wait_time', 'lets an answer wait for more'],
  ['sources.rabbitmq.*.parameters.wait_for_publish_confirmations', 'is for actions'],
  ['connectors.*.*.socket_opts', 'sets buffers and options of sockets'],
  ['actions.*.*.parameters.buffer', 'keeps what waits; see `resource_opts.buffer_mode` here'],
  ['connectors.*.*.metadata', 'holds data of the dashboard'],
  ['actions.*.*.metadata', 'holds data of the dashboard'],
  ['actions.*.*.parameters.max_retries', 'tries again at once; see `resource_opts` here'],
  ['actions.*.*.resource_opts.start_timeout', 'limits the wait for the start of an action'],
  ['actions.*.*.resource_opts.start_after_created', 'starts an action', 'true'],
  ['sources.*.*.metadata', 'holds data of the dashboard'],
  ['sources.*.*.resource_opts.start_timeout', 'limits the wait for the start of a source'],
  ['sources.*.*.resource_opts.start_after_created', 'starts a source', 'true'],
  ['psk_authentication.chunk_size', 'sets how many keys are imported at a time'],
  ['force_shutdown.max_mailbox_size', 'limits the mailbox of an Erlang process'],
  ['overload_protection.backoff_delay', 'delays work of Erlang processes', '1'],
  ['overload_protection.backoff_gc', 'leaves out garbage collections of the Erlang VM', 'false'],
  ['overload_protection.backoff_hibernation', 'keeps Erlang processes awake', 'true'],
  ['rule_engine.jq_implementation_module', 'chooses how jq programs run'],
  ['mqtt.keepalive_check_interval', 'sets how often keep-alive is checked; every 100 ms here'],
  [
    'mqtt.strict_mode',
    'switches checks of text; identifiers and topics are always checked strictly here',
    'true',
  ],
  ['alarm', 'sets how alarms are kept'],
  ['conn_congestion', 'raises an alarm for slow connections'],
  ['crl_cache', 'caches lists of revoked certificates'],
  ['durable_sessions', 'keeps sessions on disk; sessions are kept by `durability` here'],
  ['durable_storage', 'sets up storage on disk; see `durability`'],
  ['force_gc', 'collects garbage of the Erlang VM'],
  ['license', 'holds a licence key; none is needed here'],
  ['node_eviction_agent', 'moves clients to other nodes'],
  ['opentelemetry.type', 'chooses between collectors and Dynatrace', 'generic'],
  ['plugins', 'loads Erlang plugins'],
  ['prometheus.push_gateway', 'pushes metrics to a gateway'],
  ['prometheus.collectors', 'tunes numbers of the Erlang VM'],
  ['rpc', 'sets up calls between Erlang nodes'],
  ['stats', 'switches statistics'],
  ['sysmon', 'watches the operating system and the Erlang VM'],
  ['telemetry', 'reports usage to EMQ'],
  ['topic_metrics', 'counts messages of topics'],
  ['vm', 'sets up the Erlang VM'],
  ['broker.enable_session_registry', 'switches the registry of sessions; on here', 'true'],
  ['broker.perf', 'tunes routing tables in Erlang'],
  ['broker.route_batch_clean', 'tunes routing tables in Erlang'],
  ['broker.routing', 'tunes routing tables in Erlang'],
  ['broker.session_history_retain', 'keeps a history of the number of sessions'],
  ['broker.session_locking_strategy', 'locks client identifiers between Erlang nodes'],
  ['broker.shared_dispatch_ack_enabled', 'is out of use since EMQX 5.1'],
  ['broker.shared_subscription_strategy', 'moved to `mqtt.shared_subscription_strategy`'],
  ['log.console.with_mfa', 'names Erlang functions in the log', 'false'],
  ['log.file.*.with_mfa', 'names Erlang functions in the log', 'false'],
  ['log.throttling', 'leaves out repeated log lines'],
  ['log.console.payload_encode', 'chooses how payloads are shown; the log holds none here'],
  ['log.file.*.payload_encode', 'chooses how payloads are shown; the log holds none here'],
  ['log.console.single_log_max_size', 'cuts long log lines'],
  ['log.file.*.single_log_max_size', 'cuts long log lines'],
  ['dashboard.sso.oidc.provider', 'works around a provider; not needed here', 'generic'],
  ['dashboard.password_expired_time', 'has users change their passwords', '0'],
  [
    'dashboard.unsuccessful_login_max_attempts',
    'locks users after wrong passwords; an address waits here',
  ],
  ['dashboard.unsuccessful_login_interval', 'counts wrong passwords'],
  ['dashboard.unsuccessful_login_lock_duration', 'locks users after wrong passwords'],
  ['dashboard.i18n_lang', 'chooses the language of descriptions'],
  ['dashboard.hwmark_expire_time', 'keeps the highest number of connections'],
  ['dashboard.listeners.*.backlog', 'sizes the queue of new connections'],
  ['dashboard.listeners.*.inet6', 'listens on IPv6; see `bind`', 'false'],
  ['dashboard.listeners.*.ipv6_v6only', 'listens on IPv6; see `bind`', 'false'],
  ['dashboard.listeners.*.num_acceptors', 'tunes Erlang processes'],
  ['dashboard.listeners.*.proxy_header', 'takes addresses from a PROXY header', 'false'],
  ['dashboard.listeners.*.send_timeout', 'limits how long a client may take'],
  ['dashboard.listeners.https.ssl_options.depth', 'limits chains of certificates', '10'],
  [
    'dashboard.listeners.https.ssl_options.fail_if_no_peer_cert',
    'refuses clients without a certificate; `verify_peer` does so here',
  ],
  ['**.ssl.depth', 'limits chains of certificates', '10'],
  ['**.ssl.partial_chain', 'trusts chains that end early', 'false'],
  ['**.ssl.verify_peer_ext_key_usage', 'checks what a certificate may be used for'],
  ['node.applications', 'loads Erlang applications'],
  ['node.broker_pool_size', 'sizes pools of Erlang processes'],
  ['node.channel_cleanup_batch_size', 'tunes Erlang processes'],
  ['node.cluster_call', 'distributes settings in a cluster'],
  ['node.config_files', 'lists files that are read by name here'],
  ['node.cookie', 'is the shared secret of Erlang nodes'],
  ['node.crash_dump_bytes', 'limits crash dumps of the Erlang VM'],
  ['node.crash_dump_file', 'places crash dumps of the Erlang VM'],
  ['node.crash_dump_seconds', 'limits crash dumps of the Erlang VM'],
  ['node.db_backend', 'chooses the database of EMQX'],
  ['node.db_role', 'chooses the role in the database of EMQX'],
  ['node.default_bootstrap_batch_size', 'tunes the database of EMQX'],
  ['node.default_replay_batch_size', 'tunes the database of EMQX'],
  ['node.dist_buffer_size', 'sizes buffers between Erlang nodes'],
  ['node.dist_net_ticktime', 'sets the heartbeat of Erlang nodes'],
  ['node.etc_dir', 'names the folder of settings'],
  ['node.generic_pool_size', 'sizes pools of Erlang processes'],
  ['node.global_gc_interval', 'collects garbage of the Erlang VM'],
  ['node.max_ports', 'limits ports of the Erlang VM'],
  ['node.process_limit', 'limits processes of the Erlang VM'],
  ['node.role', 'chooses between core and replica'],
  ['node.rpc_module', 'chooses how Erlang nodes call each other'],
  ['node.shard_transports', 'tunes the database of EMQX'],
  ['node.tlog_push_mode', 'tunes the database of EMQX'],
  ['retainer.backend.enable', 'switches the store of retained messages; see `retainer.enable`'],
  ['retainer.backend.index_specs', 'tunes searches; every filter is indexed here'],
  ['retainer.backend.storage_type', 'chooses memory or disk; see `durability`'],
  ['retainer.backend.type', 'chooses the store; there is one'],
  ['retainer.msg_expiry_interval_override', 'lets messages end earlier than they say', 'disabled'],
  ['retainer.allow_never_expire', 'lets messages be kept without end; always so here', 'true'],
  ['retainer.max_publish_rate', 'limits how often retained messages are set', 'infinity'],
  ['retainer.flow_control', 'tunes delivery; see `retainer.delivery_rate`'],
  ['listeners.*.*.limiter', 'names limiters of the node'],
  ['listeners.*.*.parse_unit', 'chooses how packets are cut from the stream'],
  ['listeners.*.*.tcp_backend', 'chooses a socket library of the Erlang VM'],
  ['listeners.*.*.tcp_options.active_n', 'tunes reading in Erlang'],
  ['listeners.*.*.tcp_options.buffer', 'sizes a buffer of the Erlang VM'],
  ['listeners.*.*.tcp_options.high_watermark', 'sizes a buffer; see `mqtt.max_outbox_bytes`'],
  ['listeners.*.*.tcp_options.nolinger', 'drops unsent bytes on close'],
  ['listeners.*.*.tcp_options.recbuf', 'sizes the receive buffer of the operating system'],
  ['listeners.*.*.tcp_options.reuseaddr', 'reuses addresses; always on here', 'true'],
  ['listeners.*.*.tcp_options.send_timeout_close', 'closes after `send_timeout`', 'true'],
  ['listeners.*.*.tcp_options.sndbuf', 'sizes the send buffer of the operating system'],
  ['listeners.*.*.websocket.deflate_opts', 'tunes compression of frames'],
  ['listeners.*.*.websocket.mqtt_piggyback', 'lets a frame hold several packets', 'multiple'],
  ['listeners.*.*.websocket.validate_utf8', 'checks text frames; MQTT has none'],
]

/** Keys of TLS, on both sides of it, wherever it is configured. */
const TLS_NOTICES: readonly Row[] = [
  ['client_renegotiation', 'is fixed by the TLS library', 'true'],
  ['gc_after_handshake', 'tunes the Erlang VM', 'false'],
  ['hibernate_after', 'tunes the Erlang VM', '5s'],
  ['log_level', 'sets the log level of the TLS library of Erlang', 'notice'],
  ['managed_certs', 'names certificates kept by EMQX'],
  ['middlebox_comp_mode', 'is fixed by the TLS library', 'true'],
  ['reuse_sessions', 'resumes TLS sessions; always on here', 'true'],
  ['secure_renegotiate', 'is fixed by the TLS library', 'true'],
  ['user_lookup_fun', 'names an Erlang function', 'emqx_tls_psk:lookup'],
]
/** Their names: EMQX has written keys of TLS beside others as well. */
export const TLS_KEYS_ELSEWHERE: readonly string[] = TLS_NOTICES.map(([key]) => key)

/** Keys of connections to other systems, wherever one is configured. */
const CONNECTION_NOTICES: readonly Row[] = [
  ['auto_reconnect', 'connects again after a failure; always so here', 'true'],
  ['max_retries', 'sends a request again that got no answer; a client tries again by itself'],
  ['retry_interval', 'waits before it connects again; the pause grows by itself here'],
  ['pool_type', 'chooses how requests find a connection'],
  ['max_inactive', 'closes connections that are not used'],
  ['w_mode', 'chooses how MongoDB acknowledges writes; nothing is written'],
  ['use_legacy_protocol', 'chooses a protocol of MongoDB; found out by itself here'],
  ['topology', 'tunes the MongoDB library of Erlang'],
]
const CONNECTION_PLACES = [
  'authentication.*',
  'listeners.*.*.authentication.*',
  'authorization.sources.*',
] as const

function placed(notices: readonly Row[], places: readonly string[]): readonly KnownElsewhere[] {
  return places.flatMap((place) => {
    return rows(
      notices.map(([key, ...rest]): Row => [`${place}.${key}`, ...rest]),
      'notice',
    )
  })
}

function rows(table: readonly Row[], level: KnownElsewhere['level']): readonly KnownElsewhere[] {
  return table.map(([pattern, effect, asHere]) => {
    return asHere === undefined ? { pattern, effect, level } : { pattern, effect, level, asHere }
  })
}

export const KNOWN_ELSEWHERE: readonly KnownElsewhere[] = [
  ...rows(WARNINGS, 'warning'),
  ...rows(NOTICES, 'notice'),
  ...placed(TLS_NOTICES, ['**.ssl', '**.ssl_options']),
  ...placed(CONNECTION_NOTICES, CONNECTION_PLACES),
]

/** How many keys lead to the settings of a zone: `zones.<name>`. */
const ZONE_KEYS = 2

const SPLIT = KNOWN_ELSEWHERE.map((known) => ({ known, keys: known.pattern.split('.') }))

/** The row that covers a key, or undefined. What a zone has is known by its general name. */
export function knownElsewhere(path: readonly string[]): KnownElsewhere | undefined {
  const known = SPLIT.find(({ keys }) => covers(keys, path))?.known
  if (known !== undefined || path[0] !== 'zones') return known
  return path.length > ZONE_KEYS ? knownElsewhere(path.slice(ZONE_KEYS)) : undefined
}

function covers(keys: readonly string[], path: readonly string[]): boolean {
  const [first, ...others] = keys
  if (first === '**') return path.some((_, at) => covers(others, path.slice(at)))
  if (keys.length > path.length) return false
  return keys.every((key, index) => key === '*' || key === path[index])
}

/** Whether what is written sets nothing, switches off, or says what holds here anyway. */
export function asksForNothing(known: KnownElsewhere, node: HoconNode): boolean {
  if (node.kind === 'array') return node.items.length === 0
  if (node.kind === 'scalar') return node.value === null || node.text === known.asHere
  const enable = node.fields.get('enable') ?? node.fields.get('enabled')
  if (enable?.kind === 'scalar' && enable.text === 'false') return true
  const parts = [...node.fields.values()]
  return parts.every((part) => part.kind === 'object' && asksForNothing(known, part))
}
