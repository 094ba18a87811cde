/** The files that repeat the table of layers agree with it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
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
