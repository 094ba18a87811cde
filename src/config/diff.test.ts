import { test } from 'node:test'
import assert from 'node:assert/strict'
import { diff, strongestHot } from './diff.ts'
import { defaultConfig, loadConfig } from './load.ts'
import { tidewayFields } from './tideway-config.ts'

function config(text: string) {
  const loaded = loadConfig({ files: [{ source: 'f', text }] })
  assert.ok(loaded.config, loaded.errors.map(({ message }) => message).join())
  return loaded.config
}

function changes(before: string, after: string) {
  return diff(tidewayFields, config(before), config(after)).map((change) => {
    const { path, hot } = change
    return [path.join('.'), hot, change.before, change.after]
  })
}

test('equal configurations have no differences', () => {
  assert.deepEqual(diff(tidewayFields, defaultConfig(), config('mqtt.idle_timeout = 15000')), [])
})

test('each changed key is listed with its class and both written values', () => {
  const after = 'mqtt { idle_timeout = 20s, message_expiry_interval = 1h }\nnode.shards = 2'
  assert.deepEqual(changes('', after), [
    ['node.shards', 'restart-node', 'auto', 2],
    ['mqtt.idle_timeout', 'new-connections', '15s', '20s'],
    ['mqtt.message_expiry_interval', 'live', 'infinity', '1h'],
  ])
})

test('keys of a listener have their own classes, a whole listener the one of listeners', () => {
  const before = 'listeners.tcp.a.bind = 2883'
  assert.deepEqual(changes(before, 'listeners.tcp.a { bind = 2884, max_connections = 5 }'), [
    ['listeners.tcp.a.bind', 'restart-listener', '2883', '2884'],
    ['listeners.tcp.a.max_connections', 'live', 'infinity', 5],
  ])
  const [removed] = changes(before, '')
  assert.deepEqual(removed?.slice(0, 2), ['listeners.tcp.a', 'restart-listener'])
  assert.equal(removed?.[3], undefined)
})

test('lists are one value; a changed secret is noticed and not shown', () => {
  assert.deepEqual(changes('', 'listeners.tcp.default.access_rules = ["deny all"]'), [
    ['listeners.tcp.default.access_rules', 'new-connections', ['allow all'], ['deny all']],
  ])
  const tls = (password: string) =>
    `listeners.ssl.default.ssl_options { certfile = a, keyfile = b, password = ${password} }`
  assert.deepEqual(changes(tls('one'), tls('two')), [
    ['listeners.ssl.default.ssl_options.password', 'new-connections', '******', '******'],
  ])
})

test('the strongest class says what the whole change needs', () => {
  const all = diff(
    tidewayFields,
    defaultConfig(),
    config('mqtt.idle_timeout = 1s\nnode.shards = 1'),
  )
  assert.equal(strongestHot(all), 'restart-node')
  assert.equal(strongestHot([]), undefined)
})
