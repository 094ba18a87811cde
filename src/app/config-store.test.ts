import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { Environment } from '#config/env.ts'
import type { Plain } from '#config/hocon/value.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import { ConfigStore, loadWithOverlay } from './config-store.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tideway-config-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function open(text = '', env: Environment = {}): ConfigStore {
  const files = [{ source: 'test', text: `node.data_dir = ${JSON.stringify(folder)}\n${text}` }]
  const layers = { files, env }
  const { config, errors } = loadWithOverlay(layers)
  assert.ok(config, JSON.stringify(errors))
  return new ConfigStore(layers, config)
}

function change(store: ConfigStore, path: readonly string[], value: Plain): TidewayConfig {
  store.commit(store.plan({ kind: 'set', path, value }))
  return store.current
}

const overlay = (): string => join(folder, 'configs', 'cluster.hocon')

describe('the configuration at run time', () => {
  it('holds over the files, at once and after a restart, and only its owner reads it', () => {
    const store = open('mqtt.max_inflight = 5')
    assert.equal(change(store, ['mqtt'], { max_inflight: 7 }).mqtt.max_inflight, 7)
    assert.equal(store.current.mqtt.max_inflight, 7)
    assert.equal(open('mqtt.max_inflight = 5').current.mqtt.max_inflight, 7)
    assert.match(readFileSync(overlay(), 'utf8'), /max_inflight = 7/)
    assert.equal(statSync(overlay()).mode & 0o777, 0o600)
  })

  it('keeps what was changed before beside what is changed', () => {
    change(open(), ['delayed'], { enable: false })
    change(open(), ['delayed'], { max_delayed_messages: 3 })
    const { delayed } = open().current
    assert.deepEqual({ ...delayed }, { enable: false, max_delayed_messages: 3 })
  })

  it('refuses what is not valid, with every place, and changes nothing', () => {
    const store = open()
    assert.throws(
      () => change(store, ['mqtt'], { max_inflight: 'x', colour: 1 }),
      /mqtt\.max_inflight.*mqtt\.colour|mqtt\.colour.*mqtt\.max_inflight/s,
    )
    assert.ok(!existsSync(overlay()))
  })

  it('refuses a key that the environment decides', () => {
    const store = open('', { TIDEWAY_MQTT__MAX_INFLIGHT: '9' })
    const refused = { name: 'ConfigRefusal', kind: 'pinned' }
    assert.throws(() => change(store, ['mqtt'], { max_inflight: 7 }), refused)
    assert.equal(store.current.mqtt.max_inflight, 9)
  })

  it('keeps a secret that comes back as it was shown', () => {
    const text = 'dashboard.default_password = "very-secret-1"'
    const store = open(text)
    const shown = store.shown(['dashboard']) as Record<string, string>
    assert.equal(shown['default_password'], '******')
    change(store, ['dashboard'], { default_password: '******', default_username: 'root' })
    assert.equal(store.current.dashboard.default_password, 'very-secret-1')
    const hidden = { name: 'ConfigRefusal', kind: 'invalid' }
    assert.throws(() => change(store, ['dashboard'], { none: '******' }), hidden)
  })

  it('takes a part away, and goes back to what was before', () => {
    const store = open()
    const before = store.snapshot()
    const config = change(store, ['listeners', 'tcp', 'extra'], { bind: '127.0.0.1:0' })
    assert.ok('extra' in config.listeners.tcp)
    assert.ok(!('extra' in change(store, ['listeners', 'tcp', 'extra'], null).listeners.tcp))
    assert.ok(!('default' in change(store, ['listeners', 'tcp', 'default'], null).listeners.tcp))
    store.commit(store.plan({ kind: 'overlay', text: before }))
    assert.ok('default' in store.current.listeners.tcp)
  })
})
