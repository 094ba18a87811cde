/** What the standards ask of a server is proven by a test, or it has a reason for having none. */
import assert from 'node:assert/strict'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readReport } from './conformance-report.ts'

const STATEMENTS_MIN = 240

const report = readReport(dirname(dirname(fileURLToPath(import.meta.url))))

test('the tables hold the statements of both standards', () => {
  assert.ok(report.serverStatements >= STATEMENTS_MIN, `${report.serverStatements} statements`)
  assert.deepEqual(report.dangling, [])
})

test('every statement that binds a server has a test or a reason for having none', () => {
  assert.deepEqual(
    report.untested.map(({ tag }) => tag),
    [],
    'run: npm run conformance',
  )
  assert.deepEqual(report.needlessReasons, [])
})

test('every tag in source and tests is in a table', () => {
  const places = report.unknown.map(({ path, line, tag }) => `${path}:${line}: ${tag}`)
  assert.deepEqual(places, [])
})
