import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { type TestContext, test } from 'node:test'
import { findTests, isSlow } from './find-tests.ts'

const FILES = [
  'src/net/tcp.test.ts',
  'src/net/tcp.slow.test.ts',
  'src/net/tcp.ts',
  'test/mqtt5/3.1-connect.test.ts',
  'tools/tidy.test.ts',
  'docs/x.test.ts',
]

function makeTree(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'tideway-find-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const path of FILES) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), '')
  }
  return root
}

function found(root: string, patterns: string[], accept: (path: string) => boolean): string[] {
  return findTests(root, patterns, accept).map((path) => relative(root, path))
}

test('by default every test of src, test and tools is found, slow ones on demand', (t) => {
  const root = makeTree(t)
  assert.deepEqual(
    found(root, [], (path) => !isSlow(path)),
    ['src/net/tcp.test.ts', 'test/mqtt5/3.1-connect.test.ts', 'tools/tidy.test.ts'],
  )
  assert.deepEqual(found(root, [], isSlow), ['src/net/tcp.slow.test.ts'])
})

test('a file, a folder or a glob narrows the tests', (t) => {
  const root = makeTree(t)
  const all = (): boolean => true
  assert.deepEqual(found(root, ['test', 'test/mqtt5/'], all), ['test/mqtt5/3.1-connect.test.ts'])
  assert.deepEqual(found(root, ['tools/tidy.test.ts'], all), ['tools/tidy.test.ts'])
  assert.deepEqual(
    found(root, ['src/**/tcp.*'], (path) => !isSlow(path)),
    ['src/net/tcp.test.ts'],
  )
  assert.deepEqual(found(root, ['src/none'], all), [])
})
