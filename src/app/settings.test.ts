import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DEFAULT_SETTINGS } from '#broker/limits.ts'
import { formatProblem } from '#config/decode.ts'
import { encode } from '#config/encode.ts'
import type { FieldSpec, RawValue } from '#config/field.ts'
import type { Plain } from '#config/hocon/value.ts'
import { defaultConfig, loadConfig } from '#config/load.ts'
import { type TidewayConfig, tidewayFields } from '#config/tideway-config.ts'
import { zoneConfig } from '#config/zone-config.ts'
import { allFields, type Located } from '#config/walk.ts'
import { toListenerOptions, toPsk } from './listener-settings.ts'
import { toExportSettings } from '#management/telemetry/export-settings.ts'
import { toSlowSettings } from '#management/observe/watch-slow.ts'
import { toManagementSettings } from './start-management.ts'
import { SecretFileError } from './read-secret.ts'
import { toRuleStart } from './rule-settings.ts'
import {
  settingsProblems,
  toAccessSettings,
  toBrokerSettings,
  toLogSettings,
  toOverloadSettings,
} from './settings.ts'
import { toTracingSettings } from './tracing-settings.ts'

/** Keys that are read and change nothing, each with the reason. */
const WITHOUT_EFFECT: ReadonlyMap<string, string> = new Map([
  ['acceptors', 'stands in most files of EMQX; every shard thread accepts connections itself'],
  ['clientid_match_rules_max', 'how long the list beside it may be'],
  ['topic_match_rules_max', 'how long the list beside it may be'],
])

/** Keys that `startNode` takes as they are: test/config/running-node.test.ts proves them. */
const TAKEN_AT_START: ReadonlySet<string> = new Set([
  'banned.bootstrap_file',
  'node.data_dir',
  'node.shards',
  'durability.mode',
  'durability.max_pending_bytes',
  'durability.max_store_bytes',
])

/** Every optional part of the configuration is there, so that each of its keys can be changed. */
const BASE = {
  slow_subs: { enable: true },
  opentelemetry: {
    metrics: { enable: true },
    logs: { enable: true },
    traces: { enable: true },
    exporter: { ssl_options: { certfile: 'cert', keyfile: 'key' } },
  },
  dashboard: { listeners: { https: { bind: '127.0.0.1:0', ssl_options: dashboardTls() } } },
  listeners: {
    ssl: { default: { ssl_options: tlsFiles() } },
    ws: { default: { websocket: { check_origin_enable: true } } },
    wss: { default: { ssl_options: tlsFiles(), websocket: { check_origin_enable: true } } },
  },
  psk_authentication: { enable: true, init_file: 'psk.txt' },
  authentication_settings: { node_cache: { enable: true } },
  overload_protection: { enable: true },
  zones: { default: zoneTree(), changed: { mqtt: { max_inflight: 3 } } },
  auto_subscribe: { topics: [{ topic: 'a' }] },
  mqtt: { client_attrs_init: [{ expression: 'clientid', set_as_attr: 'a' }] },
  rewrite: [{ action: 'all', source_topic: 'a', re: 'a', dest_topic: 'b' }],
  broker: { shared_subscription_group: { group: {} } },
  log: { file: { default: { enable: true } } },
  schema_validation: {
    validations: [
      {
        name: 'v',
        topics: ['a'],
        strategy: 'all_pass',
        failure_action: 'drop',
        checks: [{ type: 'sql', sql: 'SELECT 1' }],
      },
    ],
  },
  message_transformation: {
    transformations: [
      {
        name: 't',
        topics: ['a'],
        failure_action: 'drop',
        operations: [{ key: 'qos', value: '0' }],
      },
    ],
  },
  schema_registry: { schemas: { default: { type: 'json', source: '{}' } } },
  rule_engine: { rules: { default: { sql: 'SELECT * FROM "a"', actions: ['http:a'] } } },
}

/** A zone that says everything itself, with what holds in general. */
function zoneTree() {
  const { mqtt, flapping_detect, force_shutdown } = encode(
    tidewayFields,
    defaultConfig(),
  ) as unknown as Record<string, Record<string, Plain>>
  const attributes = [{ expression: 'clientid', set_as_attr: 'a' }]
  const { shared_subscription_strategy, shared_subscription_initial_sticky_pick, ...own } = {
    ...mqtt,
  }
  return {
    mqtt: { ...own, client_attrs_init: attributes },
    flapping_detect,
    force_shutdown,
    overload_protection: { enable: true, backoff_new_conn: true },
  }
}

function dashboardTls() {
  const files = { certfile: 'cert', keyfile: 'key', cacertfile: 'ca' }
  return { ...files, password: 'secret', verify: 'verify_peer' }
}

function tlsFiles() {
  const files = { certfile: 'cert', keyfile: 'key', cacertfile: 'ca', dhfile: 'dh' }
  const ocsp = { enable_ocsp_stapling: true, responder_url: 'http://ocsp', issuer_pem: 'issuer' }
  const server_names = { default: { certfile: 'other', keyfile: 'key' } }
  return {
    ...files,
    password: 'secret',
    verify: 'verify_peer',
    crlfile: 'crl',
    enable_crl_check: true,
    server_names,
    ocsp,
  }
}

/** Values to try, most typical first: the first that is valid and new is taken. */
function candidates(field: FieldSpec, now: unknown): readonly RawValue[] {
  const example = field.example === undefined ? [] : [field.example]
  switch (field.kind) {
    case 'bool':
      return [now !== true, now === true]
    case 'int':
    case 'number':
    case 'duration':
    case 'bytes':
      return [7, 70, 7000, 70_000_000]
    case 'percent':
      return ['70%', '60%']
    case 'rate':
      return ['7/s']
    case 'oneOf':
      return field.values
    case 'string':
    case 'secret':
      return [...example, 'changed', '/changed', 'utc', 'changed@host', '127.0.0.1:7']
    case 'list':
      return [...example, ...(Array.isArray(now) ? [now.slice(1)] : []), ['changed']]
    default:
      return example
  }
}

function load(tree: unknown): { config?: TidewayConfig; errors: readonly string[] } {
  const { config, errors } = loadConfig({
    files: [{ source: 'test', text: JSON.stringify(tree) }],
  })
  return { ...(config && { config }), errors: errors.map(formatProblem) }
}

/** Everything that the parts of the broker are given. */
function effectsOf(config: TidewayConfig) {
  return {
    broker: toBrokerSettings(config, '0'),
    access: toAccessSettings(config, () => ({})),
    overload: toOverloadSettings(config),
    log: toLogSettings(config),
    management: toManagementSettings(config, () => ({ certfile: 'made', keyfile: 'made' })),
    slow: toSlowSettings(config),
    exports: toExportSettings(config),
    tracing: toTracingSettings(config),
    rules: toRuleStart(config),
    listeners: toListenerOptions(config, {
      shardCount: 1,
      mqttOf: (zone) => zoneConfig(config, zone).mqtt,
      psk: toPsk(config),
      developmentCertificate: () => ({ certfile: 'made', keyfile: 'made' }),
    }),
  }
}

/** The place in a tree of values: free keys by the name that `BASE` uses. */
function placeOf(path: readonly string[]): readonly string[] {
  return path.map((key) => {
    if (key === '[]') return '0'
    return key.startsWith('<') ? (key === '<group>' ? 'group' : 'default') : key
  })
}

function valueAt(tree: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], tree)
}

function withValue(tree: Plain, path: readonly string[], value: RawValue): Plain {
  const copy = structuredClone(tree)
  const parent = valueAt(copy, path.slice(0, -1)) as Record<string, unknown>
  parent[path.at(-1) ?? ''] = value
  return copy
}

/** Handed on whole: integrations/catalog.test.ts has their keys. */
const INTEGRATIONS: ReadonlySet<string | undefined> = new Set(['connectors', 'actions', 'sources'])

/**
 * Keys that hold a value by themselves: not groups, and not the items of plain lists. Items with
 * forms are handed on whole: access/authentication/catalog.test.ts has their keys.
 */
function isLeaf({ path, field }: Located): boolean {
  if (INTEGRATIONS.has(path[0])) return false
  // Handed on whole: test/management/sso.test.ts has its keys.
  if (path[0] === 'dashboard' && path[1] === 'sso') return false
  if (path.some((key, at) => key === '[]' && path[at + 1]?.startsWith('<'))) return false
  if (field.kind === 'object' || path.at(-1) === '[]' || path.at(-1)?.startsWith('<')) return false
  if (field.kind === 'list') return field.item.kind !== 'object'
  return field.kind !== 'map' || field.value.kind !== 'object'
}

/** The first configuration of those with one value changed that is valid and another one. */
function firstOther(changes: readonly [readonly string[], RawValue][]): TidewayConfig {
  const errors: string[] = []
  for (const [place, value] of changes) {
    const tried = load(withValue(written, place, value))
    errors.push(...tried.errors)
    const { config } = tried
    if (config === undefined) continue
    if (JSON.stringify(encode(tidewayFields, config)) !== JSON.stringify(written)) return config
  }
  return assert.fail(`there is no other value to try: ${errors.join('\n')}`)
}

const base = load(BASE).config
assert.ok(base)
const written = encode(tidewayFields, base)
const effects = effectsOf(base)
const leaves = [...allFields(tidewayFields)].filter(isLeaf)

for (const { path, field } of leaves) {
  const name = path.join('.')
  if (WITHOUT_EFFECT.has(path.at(-1) ?? '') || TAKEN_AT_START.has(name)) continue
  test(`${name} reaches the part that obeys it`, () => {
    const place = placeOf(path)
    const now = valueAt(written, place)
    const changed = firstOther(candidates(field, now).map((value) => [place, value]))
    assert.notDeepEqual(effectsOf(changed), effects)
  })
}

test('the keys that are excused exist', () => {
  const names = leaves.map(({ path }) => path.join('.'))
  for (const key of TAKEN_AT_START) assert.ok(names.includes(key), key)
  for (const key of WITHOUT_EFFECT.keys()) {
    assert.ok(
      names.some((name) => name.endsWith(`.${key}`)),
      key,
    )
  }
})

test('the defaults of the configuration are those of the core, but for two', () => {
  const { mqtt, retainer, ...rest } = toBrokerSettings(defaultConfig(), DEFAULT_SETTINGS.version)
  assert.deepEqual(
    {
      ...rest,
      // A slow reader may leave more waiting; tests of the core set less.
      mqtt: { ...mqtt, outboxBytesHigh: DEFAULT_SETTINGS.mqtt.outboxBytesHigh },
      // Unpaced there, so that tests of the core need no clock.
      retainer: { ...retainer, deliveryRate: Infinity },
    },
    DEFAULT_SETTINGS,
  )
})

function settingsOf(text: string) {
  const { config } = loadConfig({ files: [{ source: 'test', text }] })
  assert.ok(config)
  return toBrokerSettings(config, '0')
}

test('words and zeros become what the core computes with', () => {
  const { mqtt, retainer } = settingsOf(`
    mqtt { idle_timeout = infinity, max_mqueue_len = 0, server_keepalive = disabled }
    retainer { max_payload_size = 0, delivery_rate = infinity }
  `)
  assert.ok(Number.isFinite(mqtt.idleTimeoutMs), 'a timer cannot run for ever')
  assert.equal(mqtt.queueMessagesMax, Infinity)
  assert.equal(mqtt.serverKeepAliveSeconds, 0)
  assert.equal(retainer.payloadBytesMax, Infinity)
  assert.equal(retainer.deliveryRate, Infinity)
})

test('a reader is cut at eight times max_outbox_bytes, but never for one packet', () => {
  const small = settingsOf('mqtt.max_outbox_bytes = 64KB').mqtt
  assert.equal(small.outboxBytesHigh, 65_536)
  assert.equal(small.outboxBytesMax, 2 * 1_048_576)
  const large = settingsOf('mqtt.max_outbox_bytes = 1MB').mqtt
  assert.equal(large.outboxBytesMax, 8 * 1_048_576)
})

function tlsOf(text: string) {
  const { config } = loadConfig({ files: [{ source: 'test', text }] })
  assert.ok(config)
  const made = { certfile: 'made/server.pem', keyfile: 'made/server.key' }
  const limits = { shardCount: 1, mqttOf: () => config.mqtt }
  const context = { ...limits, psk: undefined, developmentCertificate: () => made }
  return toListenerOptions(config, context).find(({ id }) => id === 'ssl:default')?.tls
}

test('a TLS listener without a certificate uses the development certificate', () => {
  assert.equal(tlsOf('')?.files.certfile, 'made/server.pem')
  assert.equal(tlsOf('')?.files.keyfile, 'made/server.key')
  const own = 'listeners.ssl.default.ssl_options { certfile = a, keyfile = b }'
  assert.equal(tlsOf(own)?.files.certfile, 'a')
  assert.equal(tlsOf(own)?.files.keyfile, 'b')
})

test('a secret is read from the file that stands in its place', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'tideway-secret-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'password')
  const password = (written: string) =>
    tlsOf(
      `listeners.ssl.default.ssl_options { certfile = a, keyfile = b, password = "${written}" }`,
    )?.files.password
  writeFileSync(path, 'two words \n')
  assert.equal(password(`file://${path}`), 'two words ')
  assert.equal(password('plain'), 'plain')
  assert.throws(() => password(`file://${folder}/none`), SecretFileError)
})

test('a rewrite rule that the core would refuse is a problem of the configuration', () => {
  const problems = (re: string) => {
    const rule = { action: 'all', source_topic: 'a/#', re, dest_topic: 'b/$1' }
    const { config } = load({ rewrite: [rule] })
    assert.ok(config)
    return settingsProblems(config).map(formatProblem)
  }
  assert.deepEqual(problems('^a/(.+)$'), [])
  assert.match(problems('^a$').join(), /^rewrite is refused: rewrite rule 1: dest_topic has \$1/)
})
