/** Connectors, actions and sources that were written for EMQX 5.8, with every key that it has. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { formatProblem } from '../../decode.ts'
import { loadConfig } from '../../load.ts'

const SSL = `ssl { enable = false, verify = verify_none, depth = 10, versions = [tlsv1.3]
  ciphers = [], reuse_sessions = true, secure_renegotiate = true, log_level = notice
  hibernate_after = 5s, partial_chain = false }`
const COMMON = 'enable = true, tags = [a], description = d'
const USER = `${COMMON}, connector = c`
const STARTED = 'health_check_interval = 15s, start_after_created = true, start_timeout = 5s'
const BUFFERED = `${STARTED}, worker_pool_size = 16, health_check_interval_jitter = 0ms
  query_mode = async, request_ttl = 45s, inflight_window = 100, batch_size = 1, batch_time = 0ms
  max_buffer_bytes = 256MB, buffer_seg_bytes = 10MB, resume_interval = 5s`
const SQL = 'sql = "insert into t(a) values (${a})"'
const SQL_SERVER = 'server = localhost, database = d, pool_size = 8, username = u, password = p'
const POSTGRES = `${SQL_SERVER}, disable_prepared_statements = false, auto_reconnect = true, ${SSL}`
const KAFKA = `bootstrap_hosts = "localhost:9092", connect_timeout = 5s, health_check_topic = t
  min_metadata_refresh_interval = 3s, metadata_request_timeout = 5s, ${SSL}
  socket_opts { sndbuf = 1MB, recbuf = 1MB, nodelay = true, tcp_keepalive = none }`
const REDIS = 'pool_size = 8, username = u, password = p, auto_reconnect = true'

/** Keys of connectors and of `parameters`, each in all its forms. */
interface Written {
  readonly connectors: readonly string[]
  readonly actions?: readonly string[]
  readonly sources?: readonly string[]
}

const WRITTEN: Readonly<Record<string, Written>> = {
  http: {
    connectors: [
      `url = "http://localhost/", headers { accept = a }, connect_timeout = 15s, pool_size = 8
       retry_interval = 10s, pool_type = random, enable_pipelining = 100
       request { method = post }, ${SSL}`,
    ],
    actions: [
      `path = "/a", method = post, headers { a = b }, body = x
       max_retries = 2, request_timeout = 5s`,
    ],
  },
  mqtt: {
    connectors: [
      `pool_size = 8, mode = cluster_shareload, server = localhost, clientid_prefix = p
       reconnect_interval = 10s, proto_ver = v4, bridge_mode = false, username = u, password = p
       clean_start = true, keepalive = 160s, retry_interval = 15s, max_inflight = 32, ${SSL}`,
    ],
    actions: ['topic = a, qos = 1, retain = "${flags.retain}", payload = x'],
    sources: ['topic = "a/#", qos = 1'],
  },
  pgsql: { connectors: [POSTGRES], actions: [SQL] },
  timescale: { connectors: [POSTGRES], actions: [SQL] },
  mysql: {
    connectors: [`${SQL_SERVER}, auto_reconnect = true, ${SSL}`],
    actions: [`${SQL}, undefined_vars_as_null = false`],
  },
  redis: {
    connectors: [
      `parameters { redis_type = single, server = localhost, database = 0, ${REDIS} }, ${SSL}`,
      `parameters { redis_type = sentinel, servers = localhost, sentinel = m, ${REDIS} }`,
      `parameters { redis_type = cluster, servers = localhost, ${REDIS} }`,
    ],
    actions: ['command_template = [SET, a, "${b}"]'],
  },
  mongodb: {
    connectors: [
      `parameters { mongo_type = single, server = localhost, w_mode = unsafe }, srv_record = false
       pool_size = 8, username = u, password = p, use_legacy_protocol = auto, auth_source = a
       database = d, topology { max_overflow = 0, heartbeat_frequency_ms = 200s }, ${SSL}`,
      `parameters { mongo_type = rs, servers = localhost, w_mode = unsafe, r_mode = master
       replica_set_name = r }, database = d`,
      'parameters { mongo_type = sharded, servers = localhost, w_mode = unsafe }, database = d',
    ],
    actions: ['collection = mqtt, payload_template = "{}"'],
  },
  kafka_producer: {
    connectors: [
      `${KAFKA}, authentication = none`,
      `${KAFKA}, authentication { mechanism = plain, username = u, password = p }`,
    ],
    actions: [
      `topic = t, message { key = "\${.clientid}", value = "\${.}", timestamp = "\${.timestamp}" }
       max_linger_time = 0ms, max_linger_bytes = 10MB, max_batch_bytes = 896KB
       compression = no_compression, partition_strategy = random, required_acks = all_isr
       kafka_headers = "\${h}", kafka_header_value_encode_mode = none
       kafka_ext_headers = [{ kafka_ext_header_key = k, kafka_ext_header_value = v }]
       partition_count_refresh_interval = 60s, partitions_limit = all_partitions
       max_inflight = 10, query_mode = async, sync_query_timeout = 5s
       buffer { mode = memory, per_partition_limit = 2GB, segment_bytes = 10MB }`,
    ],
  },
  kafka_consumer: {
    connectors: [`${KAFKA}, authentication = none`],
    sources: [
      `topic = t, group_id = g, max_batch_bytes = 896KB, max_wait_time = 1s
       offset_reset_policy = latest, offset_commit_interval_seconds = 5
       key_encoding_mode = none, value_encoding_mode = none`,
    ],
  },
  rabbitmq: {
    connectors: [
      `server = localhost, port = 5672, username = u, password = p, pool_size = 8, timeout = 5s
       virtual_host = "/", heartbeat = 30s, ${SSL}`,
    ],
    actions: [
      `wait_for_publish_confirmations = true, publish_confirmation_timeout = 30s, exchange = e
       routing_key = r, delivery_mode = non_persistent, payload_template = ""`,
    ],
    sources: ['queue = q, wait_for_publish_confirmations = true, no_ack = true'],
  },
  influxdb: {
    connectors: [
      `server = localhost, parameters { influxdb_type = influxdb_api_v1, database = d
       username = u, password = p }, pool_size = 8, ${SSL}`,
      `server = localhost
       parameters { influxdb_type = influxdb_api_v2, bucket = b, org = o, token = t }`,
    ],
    actions: ['write_syntax = "m a=1", precision = ms'],
  },
  clickhouse: {
    connectors: [
      `url = "http://localhost:8123", connect_timeout = 15s, database = d, pool_size = 8
       username = u, password = p, auto_reconnect = true`,
    ],
    actions: [`${SQL}, undefined_vars_as_null = false, batch_value_separator = ", "`],
  },
  elasticsearch: {
    connectors: [
      `connect_timeout = 15s, pool_type = random, pool_size = 8, enable_pipelining = 100
       server = localhost, authentication { username = u, password = p }, ${SSL}`,
    ],
    actions: [
      `action = create, index = i, id = x, doc = "\${.}", routing = r, require_alias = false
       overwrite = true, max_retries = 2`,
      'action = delete, index = i, id = x, routing = r, max_retries = 2',
      `action = update, index = i, id = x, doc = "\${.}", doc_as_upsert = false, routing = r
       require_alias = false, max_retries = 2`,
    ],
  },
  s3: {
    connectors: [
      `access_key_id = a, secret_access_key = s, host = h, port = 443, transport_options {
       ipv6_probe = false, connect_timeout = 15s, pool_type = random, pool_size = 8
       enable_pipelining = 100, headers { a = b }, max_retries = 3, request_timeout = 10s
       ${SSL} }`,
    ],
    actions: [
      `mode = aggregated, container { type = csv, column_order = [] }, bucket = b, acl = private
       aggregation { time_interval = 30m, max_records = 100000 }, key = "\${action}/\${sequence}"
       headers { a = b }, min_part_size = 5mb, max_part_size = 5gb`,
      'bucket = b, key = k, acl = private, headers { a = b }, mode = direct, content = "${.}"',
    ],
  },
}

function errorsOf(text: string): readonly string[] {
  return loadConfig({ files: [{ source: 'emqx.conf', text }] }).errors.map(formatProblem)
}

suite('what was written for EMQX', () => {
  for (const [type, { connectors, actions = [], sources = [] }] of Object.entries(WRITTEN)) {
    test(`${type} is taken`, () => {
      for (const keys of connectors) {
        const text = `connectors.${type}.c { ${COMMON}, ${keys}, resource_opts { ${STARTED} } }`
        assert.deepEqual(errorsOf(text), [])
      }
      const connector = `connectors.${type}.c { ${connectors[0]} }\n`
      // The buffers of EMQX's Kafka actions are others.
      const options = type === 'kafka_producer' ? STARTED : BUFFERED
      for (const keys of actions) {
        const text = `${USER}, parameters { ${keys} }, resource_opts { ${options} }`
        assert.deepEqual(errorsOf(`${connector}actions.${type}.a { ${text} }`), [])
      }
      for (const keys of sources) {
        const text = `${USER}, parameters { ${keys} }, resource_opts { ${STARTED} }`
        assert.deepEqual(errorsOf(`${connector}sources.${type}.s { ${text} }`), [])
      }
    })
  }
})
