import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { AUTHENTICATOR_FORMS, TELLING_KEYS } from '#config/fields/authentication/authentication.ts'
import type { FieldSpec } from '#config/field.ts'
import { AUTHENTICATORS } from './catalog.ts'

/** Read for all authenticators: in make-authentication.ts, or to find the form. */
const COMMON = [...TELLING_KEYS, 'enable']

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))
const code = globSync(['src/access/**/*.ts', 'src/drivers/**/*.ts', 'src/app/*.ts'], { cwd: root })
  .filter((path) => !path.endsWith('.test.ts'))
  .map((path) => readFileSync(join(root, path), 'utf8'))
  .join('\n')

test('every form of the configuration has one authenticator, and the other way round', () => {
  const claimed: unknown[] = AUTHENTICATORS.flatMap(({ fields }) => fields)
  assert.deepEqual(new Set(claimed), new Set(AUTHENTICATOR_FORMS))
  assert.equal(claimed.length, AUTHENTICATOR_FORMS.length)
})

test('authenticators have different names', () => {
  const names = AUTHENTICATORS.map(({ mechanism, backend = '' }) => `${mechanism}:${backend}`)
  assert.equal(new Set(names).size, names.length)
})

function* keysOf(field: FieldSpec): Generator<string> {
  if (field.kind === 'variant') for (const form of field.forms) yield* keysOf(form)
  if (field.kind !== 'object') return
  for (const [key, child] of Object.entries(field.fields)) {
    yield key
    yield* keysOf(child)
  }
}

for (const form of AUTHENTICATOR_FORMS) {
  test(`the keys of ${form.text} are read`, () => {
    for (const key of keysOf(form)) {
      if (COMMON.includes(key)) continue
      assert.ok(new RegExp(`\\b${key}\\b`).test(code), `${key} is read by nobody`)
    }
  })
}
