/** Every key of the configuration is changed on a running node, or says that it needs a restart. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectAsync } from 'mqtt'
import type { FieldSpec, RawValue } from '#config/field.ts'
import type { Plain } from '#config/hocon/value.ts'
import { tidewayFields } from '#config/tideway-config.ts'
import { allFields, type Located } from '#config/walk.ts'
import { ApiError } from '#management/http/api-error.ts'
import { type ManagedBroker, startManaged } from '../management/support/managed-broker.ts'

const GROUPS: ReadonlySet<FieldSpec['kind']> = new Set(['object', 'map', 'variant'])
/** Entries of maps that there are; those of other maps have tests of their own. */
const ENTRIES: readonly string[] = ['listeners', 'log']
const CONFIG = `
  listeners.ssl.default.bind = "127.0.0.1:0"
  listeners.wss.default.bind = "127.0.0.1:0"
  zones.other.mqtt.max_inflight = 5
`
/** Values by the last part of a key, where the kind does not say enough. */
const VALUES: Readonly<Record<string, RawValue>> = {
  name: 'other@127.0.0.1',
  bind: '127.0.0.2:0',
  time_offset: 'utc',
  versions: ['tlsv1.3'],
  ciphers: ['TLS_AES_128_GCM_SHA256'],
  clientid_match_rules: ['c1'],
  topic_match_rules: ['t/#'],
}
/** Keys that are of no use without a file or another key; each has tests of its own. */
const NOT_ALONE: readonly RegExp[] = [
  /\.(?:certfile|keyfile|password|bootstrap_file)$/,
  /\.(?:enable_crl_check|enable_ocsp_stapling)$/,
  /^psk_authentication\.enable$/,
  /^opentelemetry\.(?:metrics|logs|traces)\.enable$/,
]

/** All keys with a value; the entries of maps are called `default`. */
function keys(): readonly Located[] {
  return [...allFields(tidewayFields)]
    .filter(({ field }) => !GROUPS.has(field.kind))
    .map((located) => {
      const isEntry = ENTRIES.includes(located.path[0] ?? '')
      const path = located.path.map((key) => (isEntry && key === '<name>' ? 'default' : key))
      return { ...located, path }
    })
    .filter(({ path }) => !path.some((key) => key.startsWith('<') || key === '[]'))
}

/** Values in written form, of which some are other than the present one and valid. */
function candidates(key: string, field: FieldSpec, now: Plain | undefined): readonly RawValue[] {
  const example = [VALUES[key], field.example].filter((value) => value !== undefined)
  switch (field.kind) {
    case 'bool':
      return [now !== true, now === true]
    case 'int':
    case 'number': {
      const { min = 1, max = min + 100 } = field
      return [...example, min, min + 1, max, max - 1]
    }
    case 'percent':
      return [...example, '51%', '52%', '99%']
    case 'duration': {
      const { min = 1, max = 3_600_000 } = field
      return [...example, `${min}ms`, `${min + 1000}ms`, `${max}ms`, '10s', '7s']
    }
    case 'bytes': {
      const { min = 1, max = 64 * 1024 * 1024 } = field
      return [...example, min, min + 1024, max, '7MB']
    }
    case 'rate':
      return [...example, ...(field.of === 'bytes' ? ['7KB/s'] : []), '7/s']
    case 'oneOf':
      return field.values
    case 'secret':
      return ['another-secret-1']
    case 'list':
      return [...example, []]
    default:
      return [...example, 'other', '/other', '127.0.0.1:0', 'other/']
  }
}

/** Changes a key; what it was changed to, undefined when none of the candidates is valid. */
async function change(managed: ManagedBroker, { path, field }: Located) {
  const { node, configChanges } = managed.management.context
  const now = node.config.shown(path)
  for (const value of candidates(path.at(-1) ?? '', field, now)) {
    const edit = { kind: 'set', path, value } as const
    let changes
    try {
      changes = node.config.plan(edit).changes
    } catch {
      continue
    }
    if (changes.length === 0) continue
    try {
      await configChanges.inTurn((turn) => turn.edit(edit))
    } catch (error) {
      // A file that is not there, a port in use: told, and nothing has changed.
      assert.ok(error instanceof ApiError && error.status === 400, String(error))
      continue
    }
    return changes
  }
  return undefined
}

test('every key can be changed while the node runs, or waits for a restart', async (t) => {
  const managed = await startManaged({ config: CONFIG, threads: 'inline' })
  t.after(() => managed.stop())
  const { configChanges } = managed.management.context
  const unchanged: string[] = []
  const roots = Map.groupBy(keys(), ({ path }) => path[0] ?? '')
  for (const [root, located] of roots) {
    for (const one of located) {
      const key = one.path.join('.')
      const changes = await change(managed, one)
      if (changes === undefined) unchanged.push(key)
      else
        assert.ok(
          changes.some(({ hot }) => hot === one.hot),
          `${key} is ${one.hot}`,
        )
    }
    await configChanges.inTurn((turn) => turn.edit({ kind: 'reset', path: [root] }))
  }
  const untold = unchanged.filter((key) => !NOT_ALONE.some((pattern) => pattern.test(key)))
  assert.deepEqual(untold, [])
  const { body } = await managed.call('GET', '/configs/diff?since=start')
  assert.deepEqual(body.changes, [], 'everything is as it was')
  const url = `mqtt://127.0.0.1:${managed.broker.port('tcp:default')}`
  const client = await connectAsync(url, { reconnectPeriod: 0 })
  await client.publishAsync('it/works', '', { qos: 1 })
  await client.endAsync()
})
