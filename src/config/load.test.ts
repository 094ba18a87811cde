import { test } from 'node:test'
import assert from 'node:assert/strict'
import { formatProblem } from './decode.ts'
import { defaultConfig, formatOrigin, formatWarning, loadConfig } from './load.ts'
import type { LoadOptions } from './load.ts'

const SOURCE = 'etc/tideway.conf'

function file(text: string, options: Omit<LoadOptions, 'files'> = {}) {
  return loadConfig({ ...options, files: [{ source: SOURCE, text }] })
}

function errorsOf(text: string, options: Omit<LoadOptions, 'files'> = {}): string[] {
  return file(text, options).errors.map(formatProblem)
}

test('without anything written the defaults of EMQX 5.8 hold', () => {
  const config = defaultConfig()
  assert.deepEqual(loadConfig({}).config, config)
  assert.equal(config.mqtt.max_packet_size, 1_048_576)
  assert.equal(config.mqtt.session_expiry_interval, 7_200_000)
  assert.equal(config.mqtt.retry_interval, Infinity)
  assert.equal(config.mqtt.server_keepalive, 'disabled')
  assert.deepEqual(Object.keys(config.listeners.tcp), ['default'])
  assert.equal(config.listeners.tcp['default']?.bind, '0.0.0.0:1883')
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
    'mqtt { max_inflight = 1, max_awaiting_rel = 1, max_topic_levels = 1, strict_mode = true }'
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
  assert.equal(mqtt?.strict_mode, true)
  assert.equal(mqtt?.max_awaiting_rel, 2)
  assert.equal(mqtt?.max_inflight, 3)
  assert.equal(mqtt?.max_topic_levels, 4)
  const origin = (key: string) => formatOrigin(loaded.originOf(['mqtt', key]))
  assert.equal(origin('strict_mode'), 'etc/tideway.conf:1:84')
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
authentication = [{ mechanism = password_based, backend = built_in_database }]
listeners.tcp.default.tcp_options.active_n = 100
listeners.quic.default.enable = false
zones.fast { mqtt.max_inflight = 64, force_gc.enable = false }
listeners.tcp.default.zone = fast
`)
  assert.deepEqual(loaded.errors, [])
  const shown = loaded.warnings.map((warning) => `${warning.level} ${warning.path.join('.')}`)
  assert.deepEqual(shown.toSorted(), [
    'notice listeners.tcp.default.tcp_options.active_n',
    'notice node.cookie',
    'notice zones.fast.force_gc',
    'warning authentication',
    'warning cluster',
    'warning listeners.quic',
  ])
  assert.match(
    loaded.warnings.map(formatWarning).join('\n'),
    /conf:2:15: node\.cookie has no effect/,
  )
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
  assert.equal(loaded.config?.mqtt.max_inflight, 32)
  assert.deepEqual(loaded.originOf(['mqtt', 'max_inflight']), { kind: 'default' })
})

test('rules between keys: certificates, verification, zones, addresses', () => {
  const tls = 'listeners.ssl.default.ssl_options'
  assert.match(errorsOf('listeners.ssl.default.enable = true').join(), /certfile is needed/)
  assert.deepEqual(errorsOf('listeners.ssl.default.enable = false'), [])
  assert.match(
    errorsOf(`${tls} { certfile = a, keyfile = b, fail_if_no_peer_cert = true }`).join(),
    /needs verify = verify_peer/,
  )
  assert.match(
    errorsOf(`${tls} { certfile = a, keyfile = b, versions = [tlsv1.3, tlsv1.1] }`).join(),
    /leave none out in between/,
  )
  assert.match(errorsOf('listeners.tcp.default.zone = fast').join(), /names zone `fast`/)
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
