import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { FieldSpec } from '#config/field.ts'
import { INTEGRATIONS } from '#config/fields/integrations/integrations.ts'
import { CONNECTORS } from './catalog.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const folders = [
  'src/integrations',
  'src/access/backends',
  'src/drivers',
  'src/app',
  'src/management',
]
const code = globSync(
  folders.map((folder) => `${folder}/**/*.ts`),
  { cwd: root },
)
  .filter((path) => !path.endsWith('.test.ts'))
  .map((path) => readFileSync(join(root, path), 'utf8'))
  .join('\n')

function* keysOf(field: FieldSpec): Generator<string> {
  if (field.kind === 'variant') for (const form of field.forms) yield* keysOf(form)
  if (field.kind === 'list') yield* keysOf(field.item)
  if (field.kind !== 'object') return
  for (const [key, child] of Object.entries(field.fields)) {
    yield key
    yield* keysOf(child)
  }
}

test('every described integration has one connector, and the other way round', () => {
  const described = INTEGRATIONS.map(({ type }) => type)
  assert.deepEqual(
    CONNECTORS.map(({ description }) => description.type),
    described,
  )
  assert.equal(new Set(described).size, described.length)
})

for (const { description, sink, source } of CONNECTORS) {
  const { type, connector, action } = description
  test(`${type} does what is described, and nothing else`, () => {
    assert.equal(sink !== undefined, action !== undefined)
    assert.equal(source !== undefined, description.source !== undefined)
  })

  test(`the keys of ${type} are read`, () => {
    const parts = [...Object.values(connector), action, description.source]
    const keys = [
      ...Object.keys(connector),
      ...parts.flatMap((part) => (part ? [...keysOf(part)] : [])),
    ]
    for (const key of keys) {
      assert.ok(new RegExp(`\\b${key}\\b`).test(code), `${key} is read by nobody`)
    }
  })
}

test('what all integrations have is read', () => {
  const common = 'resource_opts health_check_interval health_check_timeout start_after_created'
  const action =
    'start_timeout worker_pool_size query_mode request_ttl inflight_window batch_size batch_time ' +
    'max_batch_bytes replay_rate max_buffer_bytes buffer_mode fallback_actions'
  for (const key of `${common} ${action}`.split(' ')) {
    assert.ok(new RegExp(`\\b${key}\\b`).test(code), `${key} is read by nobody`)
  }
})
