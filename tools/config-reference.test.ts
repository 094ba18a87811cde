import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { formatProblem } from '#config/decode.ts'
import { encode } from '#config/encode.ts'
import { defaultConfig, loadConfig } from '#config/load.ts'
import { tidewayFields } from '#config/tideway-config.ts'
import { configurationFiles } from './config-reference.ts'

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
}

for (const { path, text } of configurationFiles()) {
  test(`${path} is up to date (npm run config:reference)`, () => {
    assert.equal(read(path), text)
  })
}

function load(text: string) {
  const loaded = loadConfig({ files: [{ source: 'test.conf', text }] })
  assert.deepEqual(loaded.errors.map(formatProblem), [])
  assert.deepEqual(loaded.warnings, [])
  assert.ok(loaded.config)
  return encode(tidewayFields, loaded.config)
}

/** Takes the `#` off every line that shows a key. */
function uncomment(text: string): string {
  return text.replaceAll(/^( *)# /gm, '$1')
}

const defaults = encode(tidewayFields, defaultConfig())

test('the file as shipped sets defaults and rules for clients, nothing else', () => {
  const text = read('etc/tideway.conf')
  const sources = [{ type: 'file', path: '${TIDEWAY_ETC_DIR}/acl.conf' }]
  const expected = load(JSON.stringify({ authorization: { sources } }))
  assert.deepEqual(load(text), expected)
  assert.notEqual(uncomment(text), text)
  assert.deepEqual(load(uncomment(text)), expected)
})

test('every line of the file with all keys can be taken into use', () => {
  const text = read('docs/reference/all-keys.conf')
  assert.deepEqual(load(text), defaults)
  const all = load(uncomment(text)) as Record<string, unknown>
  for (const root of ['node', 'mqtt', 'durability', 'retainer', 'delayed']) {
    assert.deepEqual(all[root], (defaults as Record<string, unknown>)[root], root)
  }
  // Parts of the program have no level by default.
  const withoutLevels = (log: unknown) => ({ ...(log as object), module_levels: {} })
  const { log } = defaults as Record<string, unknown>
  assert.deepEqual(withoutLevels(all['log']), withoutLevels(log))
})
