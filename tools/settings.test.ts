/** The files that repeat the table of layers agree with it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { FieldSpec } from '#config/field.ts'
import { INTEGRATIONS } from '#config/fields/integrations/integrations.ts'
import { tidewayFields } from '#config/tideway-config.ts'
import { translate, translatedTexts } from '#config/translate.ts'
import { LAYERS } from './layers.ts'
import { lintOverrides } from './lint-overrides.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

function readJson(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(root, name), 'utf8')) as Record<string, unknown>
}

test('package.json gives every layer its # path', () => {
  const wanted = LAYERS.map(({ folder }) => [`#${folder}/*`, `./src/${folder}/*`])
  assert.deepEqual(readJson('package.json')['imports'], Object.fromEntries(wanted))
})

test('package.json names exact versions', () => {
  const settings = readJson('package.json')
  const loose = ['dependencies', 'devDependencies']
    .flatMap((key) => Object.entries(settings[key] as Record<string, string>))
    .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
  assert.deepEqual(loose, [])
})

test('the product has one version, in every file that names it', () => {
  const { version } = readJson('package.json')
  const files = ['package-lock.json', 'dashboard/package.json', 'dashboard/package-lock.json']
  for (const name of files) assert.equal(readJson(name)['version'], version, name)
})

test('the lock file covers every platform, so that npm ci accepts it everywhere', () => {
  const packages = readJson('package-lock.json')['packages'] as Record<string, object>
  const missing = Object.values(packages)
    .flatMap((entry) => ('optionalDependencies' in entry ? entry.optionalDependencies : {}))
    .flatMap((optional) => Object.keys(optional as object))
    .filter((name) => packages[`node_modules/${name}`] === undefined)
  assert.deepEqual(missing, [], 'run: node tools/complete-lock.mjs')
})

test('the linter knows the layers', () => {
  const settings = readJson('.oxlintrc.json')
  assert.deepEqual(settings['overrides'], lintOverrides(), 'run: node tools/lint-overrides.ts')
})

test('what the configuration says of its keys in English, it says in Chinese', () => {
  const texts = new Set(textsOf(tidewayFields))
  for (const { title, text } of INTEGRATIONS) texts.add(title).add(text)
  const known = new Set(translatedTexts())
  const isName = (text: string) => !/[a-z] [a-z]/.test(text)
  const missing = [...texts].filter(
    (text) => translate(text, 'zh') === text && !known.has(text) && !isName(text),
  )
  assert.deepEqual(missing, [], 'add them, with their Chinese, to src/config/chinese.json')
  const unused = [...known].filter((text) => !texts.has(text))
  assert.deepEqual(unused, [], 'no key says this any more: take it out of src/config/chinese.json')
})

function textsOf(field: FieldSpec): readonly string[] {
  const parts =
    field.kind === 'object'
      ? Object.values(field.fields)
      : field.kind === 'variant'
        ? field.forms
        : field.kind === 'list'
          ? [field.item]
          : field.kind === 'map'
            ? [field.value]
            : []
  return [field.text, ...parts.flatMap(textsOf)]
}
