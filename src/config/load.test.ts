import { test } from 'node:test'
import assert from 'node:assert/strict'
import { formatProblem } from './decode.ts'
import { defaultConfig, formatOrigin, formatWarning, loadConfig } from './load.ts'
import type { LoadOptions } from './load.ts'
import { zoneConfig } from './zone-config.ts'

const SOURCE = 'etc/tideway.conf'

function file(text: string, options: Omit<LoadOptions, 'files'> = {}) {
  return loadConfig({ ...options, files: [{ source: SOURCE, text }] })
}

function errorsOf(text: string, options: Omit<LoadOptions, 'files'> = {}): string[] {
  return file(text, options).errors.map(formatProblem)
}

test('without anything written the defaults hold', () => {
  const config = defaultConfig()
  assert.deepEqual(loadConfig({}).config, config)
  assert.equal(config.mqtt.max_packet_size, 1_048_576)
  assert.equal(config.mqtt.session_expiry_interval, 7_200_000)
  assert.equal(config.mqtt.retry_interval, Infinity)
  assert.equal(config.mqtt.server_keepalive, 'disabled')
  const { tcp, ssl, ws, wss } = config.listeners
  assert.deepEqual(
    [tcp, ssl, ws, wss].map((map) => Object.entries(map).map(([name, { bind }]) => [name, bind])),
    [
      [['default', '0.0.0.0:1883']],
      [['default', '0.0.0.0:8883']],
      [['default', '0.0.0.0:8083']],
      [['default', '0.0.0.0:8084']],
    ],
  )
  assert.deepEqual(config.retainer.delivery_rate, { amount: 1000, intervalMs: 1000 })
})

test('the configuration is frozen at every level', () => {
  const config = defaultConfig()
  const seen: unknown[] = [config]
  for (const value of seen) {
    if (typeof value !== 'object' || value === null) continue
    // Rates are values of their own and belong to no key.
    if (!('intervalMs' in value)) assert.ok(Object.isFrozen(value))
    seen.push(...Object.values(value))
  }
})

test('layers: file, overlay, EMQX_ and TIDEWAY_ variables, each over the one before', () => {
  const text =
    'mqtt { max_inflight = 1, max_awaiting_rel = 1, max_topic_levels = 1, upgrade_qos = true }'
  const overlay = {
    source: 'data/configs/overlay.hocon',
    text: '\nmqtt.max_awaiting_rel = 2\nmqtt.max_inflight = 2\nmqtt.max_topic_levels = 2',
  }
  const loaded = file(text, {
    overlay,
    env: {
      EMQX_MQTT__MAX_INFLIGHT: '3',
      EMQX_MQTT__MAX_TOPIC_LEVELS: '3',
      TIDEWAY_MQTT__MAX_TOPIC_LEVELS: '4',
    },
  })
  assert.deepEqual(loaded.errors, [])
  const mqtt = loaded.config?.mqtt
  assert.equal(mqtt?.upgrade_qos, true)
  assert.equal(mqtt?.max_awaiting_rel, 2)
  assert.equal(mqtt?.max_inflight, 3)
  assert.equal(mqtt?.max_topic_levels, 4)
  const origin = (key: string) => formatOrigin(loaded.originOf(['mqtt', key]))
  assert.equal(origin('upgrade_qos'), 'etc/tideway.conf:1:84')
  assert.equal(origin('max_awaiting_rel'), 'overlay data/configs/overlay.hocon:2')
  assert.equal(origin('max_inflight'), 'environment EMQX_MQTT__MAX_INFLIGHT')
  assert.equal(origin('max_topic_levels'), 'environment TIDEWAY_MQTT__MAX_TOPIC_LEVELS')
  assert.equal(origin('idle_timeout'), 'default')
})

test('every error is reported, with place, path and what was expected', () => {
  const text = `
mqtt {
  max_inflght = 3
  idle_timeout = soon
  max_qos_allowed = 7
  max_inflight = 0
}
listeners.tcp.default.bind = "somewhere"
nodee.name = x
`
  assert.deepEqual(errorsOf(text), [
    'etc/tideway.conf:8:30: listeners.tcp.default.bind must be a port (0..65535), ' +
      '`address:port` or `[IPv6 address]:port`, found "somewhere"',
    'etc/tideway.conf:4:18: mqtt.idle_timeout must be a duration such as `15s` or `1m30s` or ' +
      '`infinity`, found "soon"',
    'etc/tideway.conf:5:21: mqtt.max_qos_allowed must be one of `0`, `1`, `2`, found "7"',
    'etc/tideway.conf:6:18: mqtt.max_inflight must be at least 1, found "0"',
    'etc/tideway.conf:3:17: mqtt.max_inflght is not a known key: did you mean `max_inflight`?',
    'etc/tideway.conf:9:14: nodee is not a known key: did you mean `node`?',
  ])
  assert.equal(file(text).config, undefined)
})

test('a text that cannot be read gives its place', () => {
  assert.deepEqual(errorsOf('node {\n  name = \n'), [
    'etc/tideway.conf:3:1: expected a value, found the end of the text',
  ])
})

test('keys of EMQX without effect are reported and do not stop the start', () => {
  const loaded = file(`
node.cookie = abc
cluster { name = emqxcl, discovery_strategy = manual }
exhook.servers = [{ name = a }]
listeners.tcp.default.tcp_options.active_n = 100
listeners.quic.default.enable = false
zones.fast { mqtt { max_inflight = 64, strict_mode = false }, force_gc { count = 1000 } }
listeners.tcp.default { zone = fast }
mqtt { strict_mode = false, keepalive_check_interval = 30s }
log.file { payload_encode = hex }
`)
  assert.deepEqual(loaded.errors, [])
  const shown = loaded.warnings.map((warning) => `${warning.level} ${warning.path.join('.')}`)
  assert.deepEqual(shown.toSorted(), [
    'notice listeners.tcp.default.tcp_options.active_n',
    'notice log.file.default.payload_encode',
    'notice mqtt.keepalive_check_interval',
    'notice mqtt.strict_mode',
    'notice node.cookie',
    'notice zones.fast.force_gc',
    'notice zones.fast.mqtt.strict_mode',
    'warning cluster',
    'warning exhook',
  ])
  assert.match(
    loaded.warnings.map(formatWarning).join('\n'),
    /conf:2:15: node\.cookie has no effect/,
  )
})

test('a zone overrides what it says, and nothing else', () => {
  const { config } = file(`
mqtt { max_inflight = 5, max_qos_allowed = 1 }
zones.fast { mqtt { max_inflight = 64, max_mqueue_len = infinity }, force_shutdown.enable = false }
listeners.tcp.default.zone = fast
`)
  assert.ok(config)
  const { mqtt, force_shutdown: shutdown } = zoneConfig(config, 'fast')
  assert.deepEqual(
    [mqtt.max_inflight, mqtt.max_qos_allowed, mqtt.max_mqueue_len],
    [64, 1, Infinity],
  )
  assert.deepEqual([shutdown.enable, shutdown.max_heap_size], [false, 134_217_728])
  assert.equal(zoneConfig(config, 'default').mqtt, config.mqtt)
})

test('a listener that names a zone which does not exist is an error', () => {
  assert.deepEqual(errorsOf('zones.a {}\nlisteners.tcp.default.zone = b'), [
    'etc/tideway.conf:2:30: listeners.tcp.default.zone names the zone `b`, which does not exist: ' +
      'there are default, a',
  ])
  assert.match(errorsOf('zones.a.mqtt.max_inflght = 1')[0] ?? '', /did you mean `max_inflight`/)
  assert.match(errorsOf('zones.a.delayed.enable = true')[0] ?? '', /is not a known key/)
})

test('keys of EMQX that ask for nothing, or for what holds here anyway, are not reported', () => {
  const loaded = file(`
authentication = []
zones {}
api_key = null
overload_protection { enable = false, backoff_delay = 1 }
mqtt { strict_mode = true, client_attrs_init = [], clientid_override = disabled }
listeners.tcp.default { zone = default }
listeners.tcp.default.tcp_options { reuseaddr = true, send_timeout_close = true }
`)
  assert.deepEqual(loaded.errors, [])
  assert.deepEqual(loaded.warnings, [])
})

test('variables that set nothing are reported; a wrong key of ours is an error', () => {
  const env = {
    EMQX_MQTT_MAX_INFLIGHT: '3',
    EMQX_NO__SUCH: '1',
    EMQX_ETC_DIR: '/etc/emqx',
    EMQX_NODE__COOKIE: 'x',
    TIDEWAY_MQTT__MAX_INFLGHT: '3',
  }
  const loaded = loadConfig({ env })
  assert.deepEqual(loaded.warnings.map(formatWarning), [
    'EMQX_MQTT_MAX_INFLIGHT sets nothing: write `EMQX_MQTT__MAX_INFLIGHT`',
    'EMQX_NO__SUCH sets nothing: there is no such key',
    'environment EMQX_NODE__COOKIE: node.cookie has no effect here: ' +
      'in EMQX it is the shared secret of Erlang nodes',
  ])
  assert.deepEqual(loaded.errors.map(formatProblem), [
    'environment TIDEWAY_MQTT__MAX_INFLGHT: mqtt.max_inflght is not a known key: ' +
      'did you mean `max_inflight`?',
  ])
})

test('values of variables are HOCON; what a file would cut or refuse is taken as it stands', () => {
  const loaded = loadConfig({
    env: {
      TIDEWAY_LISTENERS__TCP__DEFAULT__BIND: '0.0.0.0:2883',
      TIDEWAY_LISTENERS__TCP__DEFAULT__ACCESS_RULES: '["deny 10.0.0.0/8", "allow all"]',
      TIDEWAY_LISTENERS__SSL__DEFAULT__SSL_OPTIONS: '{certfile = a.pem, keyfile = b.pem}',
      TIDEWAY_LISTENERS__SSL__DEFAULT__SSL_OPTIONS__PASSWORD: 'pa#ss {word',
      TIDEWAY_NODE__DATA_DIR: '${STORE}/tideway',
      TIDEWAY_AUTO_SUBSCRIBE__TOPICS__1__TOPIC: 'a/b',
      STORE: '/srv',
    },
  })
  assert.deepEqual(loaded.errors.map(formatProblem), [])
  const { config } = loaded
  assert.equal(config?.listeners.tcp['default']?.bind, '0.0.0.0:2883')
  assert.equal(config?.listeners.tcp['default']?.access_rules.length, 2)
  assert.equal(config?.listeners.ssl['default']?.ssl_options.password, 'pa#ss {word')
  assert.equal(config?.listeners.ssl['default']?.ssl_options.certfile, 'a.pem')
  assert.equal(config?.node.data_dir, '/srv/tideway')
  assert.equal(config?.auto_subscribe.topics[0]?.topic, 'a/b')
})

test('a numbered variable changes one item of a list in a file', () => {
  const loaded = file('auto_subscribe.topics = [{topic = a}, {topic = b}]', {
    env: { EMQX_AUTO_SUBSCRIBE__TOPICS__2__QOS: '2' },
  })
  assert.deepEqual(
    loaded.config?.auto_subscribe.topics.map(({ topic, qos }) => [topic, qos]),
    [
      ['a', 0],
      ['b', 2],
    ],
  )
})

test('includes are read through the given function and keep their own file name', () => {
  const readInclude = (name: string, from: string) =>
    name === 'mqtt.conf'
      ? { source: `${from.replace('tideway.conf', '')}${name}`, text: 'max_inflight = 7\n' }
      : undefined
  const loaded = file('mqtt { include "mqtt.conf" }\ninclude "none.conf"', { readInclude })
  assert.equal(loaded.config?.mqtt.max_inflight, 7)
  assert.equal(formatOrigin(loaded.originOf(['mqtt', 'max_inflight'])), 'etc/mqtt.conf:1:16')
  assert.deepEqual(loaded.warnings.map(formatWarning), [
    'etc/tideway.conf:2:1: included file "none.conf" not found',
  ])
})

test('the listener `default` stays until it is set to null or marked for deletion', () => {
  const names = (text: string) => {
    const { config } = file(text)
    assert.ok(config)
    return Object.keys(config.listeners.tcp)
  }
  assert.deepEqual(names('listeners.tcp.other.bind = 2883'), ['default', 'other'])
  assert.deepEqual(names('listeners.tcp.default = null'), [])
  assert.deepEqual(names('listeners.tcp.default = marked_for_deletion'), [])
})

test('null takes a key back to its default', () => {
  const overlay = { source: 'o', text: 'mqtt.max_inflight = null' }
  const loaded = file('mqtt.max_inflight = 9', { overlay })
  assert.equal(loaded.config?.mqtt.max_inflight, 1024)
  assert.deepEqual(loaded.originOf(['mqtt', 'max_inflight']), { kind: 'default' })
})

test('rules between keys: certificates, verification, addresses', () => {
  const tls = 'listeners.ssl.default.ssl_options'
  assert.deepEqual(errorsOf('listeners.ssl.default.enable = true'), [])
  assert.match(errorsOf(`${tls}.certfile = a`).join(), /keyfile is missing: `certfile` needs/)
  assert.match(errorsOf(`${tls}.keyfile = a`).join(), /certfile is missing: `keyfile` needs/)
  assert.match(errorsOf(`${tls}.password = a`).join(), /password is of no use without `keyfile`/)
  assert.match(
    errorsOf(`${tls} { certfile = a, keyfile = b, fail_if_no_peer_cert = true }`).join(),
    /needs verify = verify_peer/,
  )
  assert.match(
    errorsOf(`${tls} { certfile = a, keyfile = b, versions = [tlsv1.3, tlsv1.1] }`).join(),
    /leave none out in between/,
  )
  assert.match(
    errorsOf('listeners.tcp.two.bind = "0.0.0.0:1883"').join(),
    /two\.bind is the address of listeners\.tcp\.default already/,
  )
})

test('files and folders take ${NAME} from the environment, inside quotes too', () => {
  const text =
    'node.data_dir = "${ROOT_DIR}/data"\nlog.file { enable = true, to = "${EMQX_LOG_DIR}/x.log" }'
  const { config } = file(text, { env: { ROOT_DIR: '/srv' } })
  assert.equal(config?.node.data_dir, '/srv/data')
  assert.equal(config?.log.file['default']?.path, 'log/x.log')
  assert.match(errorsOf(text).join(), /\$\{ROOT_DIR\} is not set in the environment/)
})

test('values that would stop or stall the broker are refused', () => {
  const refused = (text: string, reason: RegExp) => assert.match(errorsOf(text).join(), reason)
  refused('listeners.tcp.default.max_conn_rate = "0/s"', /must be above 0/)
  refused('listeners.tcp.default.max_conn_rate = "1/2d"', /must be per a day at most/)
  refused('listeners.tcp.default.mountpoint = "a/+/"', /must have no wildcards/)
  refused('listeners.tcp.default.mountpoint = "${peer}/"', /unknown placeholder \$\{peer\}/)
  refused('listeners.tcp.default.tcp_options.keepalive = "99999,1,1"', /1\.\.32767 s/)
  refused('listeners.tcp.default.proxy_protocol_timeout = 25d', /at most 24d/)
  refused('sys_topics.sys_msg_interval = 25d', /at most 24d/)
  refused('auto_subscribe.topics = [{topic = "${peer}"}]', /unknown placeholder/)
  refused(`mqtt.response_information = "${'ä'.repeat(32_768)}"`, /at most 65535 bytes/)
  refused('mqtt.max_awaiting_rel = 0', /must be at least 1/)
})

test('limits reach as far as the protocol and the broker do', () => {
  const { config, errors } = file(`
mqtt { max_packet_size = 268435455, max_clientid_len = 23, max_topic_levels = 65535 }
mqtt { max_user_properties = 65535, max_inflight = 65535, await_rel_timeout = infinity }
rewrite = [${'{action = all, source_topic = a, re = b, dest_topic = c},'.repeat(30)}]
auto_subscribe.topics = [${'{topic = a},'.repeat(30)}]
`)
  assert.deepEqual(errors, [])
  assert.equal(config?.mqtt.await_rel_timeout, Infinity)
  assert.match(errorsOf('mqtt.max_packet_size = 268435456').join(), /at most 268435455/)
  assert.match(errorsOf('mqtt.max_clientid_len = 22').join(), /at least 23/)
})

test('names from outside cannot reach the prototype', () => {
  const loaded = file('mqtt.mqueue_priorities { "__proto__" = 3, constructor = 4 }')
  assert.deepEqual(loaded.errors, [])
  const priorities = loaded.config?.mqtt.mqueue_priorities
  assert.notEqual(priorities, 'disabled')
  assert.deepEqual(Object.keys(priorities ?? {}), ['__proto__', 'constructor'])
  assert.equal(Object.getPrototypeOf(priorities), null)
  assert.match(errorsOf('"__proto__" = 1').join(), /not a known key/)
  assert.match(errorsOf('constructor.name = 1').join(), /not a known key/)
})

test('there is one source of authorization of each type', () => {
  const text = `authorization.sources = [
    { type = file, path = a }, { type = built_in_database }, { type = file, path = b }
  ]`
  const { errors } = loadConfig({ files: [{ source: SOURCE, text }] })
  assert.equal(errors.length, 1)
  assert.match(errors.map(formatProblem).join(), /sources\.2 is a second source of type file/)
})
