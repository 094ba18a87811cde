/** No setting of the core or of the listeners is carried along and read by nobody. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DEFAULT_SETTINGS } from '#broker/limits.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const LISTENER_OPTIONS = 'src/listeners/listener-options.ts'

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** The text of the files that match, without comments and tests. */
function codeOf(patterns: readonly string[]): string {
  return globSync(patterns, { cwd: root })
    .filter((path) => !/\.(?:test|bench)\.ts$/.test(path))
    .map(read)
    .join('\n')
    .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
}

/** Whether a property is read: as `x.name`, or by `{ name } = x` or a parameter `({ name })`. */
function isRead(name: string, code: string): boolean {
  return new RegExp(`\\.${name}\\b|\\{[^{}]*\\b${name}\\b[^{}]*\\}(?: =|[:,)])`).test(code)
}

test('every setting of the core is read by it', () => {
  const code = codeOf(['src/broker/*/**/*.ts', 'src/app/sys-publisher.ts'])
  const { mqtt, retainer, delayed, sys, shared, ...rest } = DEFAULT_SETTINGS
  const groups = { mqtt, retainer, delayed, sys, shared, rest }
  for (const [group, settings] of Object.entries(groups)) {
    for (const name of Object.keys(settings)) {
      assert.ok(isRead(name, code), `${group}.${name} is read by nobody`)
    }
  }
})

test('every option of a listener is read by the listeners', () => {
  const names = [...read(LISTENER_OPTIONS).matchAll(/^ {2}readonly (\w+):/gm)]
  const code = codeOf(['src/listeners/*.ts', 'src/net/*.ts'])
  assert.ok(names.length > 30)
  for (const [, name = ''] of names) assert.ok(isRead(name, code), `${name} is read by nobody`)
})
