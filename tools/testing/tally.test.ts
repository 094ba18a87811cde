import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestTally } from './tally.ts'

const SUMMARY = { success: true, counts: { tests: 2, skipped: 0, todo: 0 } }
const SKIPPED = { name: 'needs a server', file: 'a.test.ts', skip: true }

test('a run passes when its summary says so', () => {
  const tally = new TestTally(true)
  tally.pass({ name: 'a' })
  tally.summary(SUMMARY)
  assert.equal(tally.ok, true)
})

test('a run fails by a failed test, a bad summary, no tests and no summary', () => {
  const failed = new TestTally(false)
  failed.fail()
  failed.summary(SUMMARY)
  assert.equal(failed.ok, false)

  const unsuccessful = new TestTally(false)
  unsuccessful.summary({ ...SUMMARY, success: false })
  assert.equal(unsuccessful.ok, false)

  const empty = new TestTally(false)
  empty.summary({ success: true, counts: { tests: 0, skipped: 0, todo: 0 } })
  assert.equal(empty.ok, false)

  const unfinished = new TestTally(false)
  unfinished.summary({ ...SUMMARY, file: 'a.test.ts' })
  assert.equal(unfinished.ok, false)
})

test('a skipped test fails a strict run only, and is named', () => {
  const lines: string[] = []
  const summary = { success: true, counts: { tests: 2, skipped: 1, todo: 0 } }
  for (const strict of [false, true]) {
    const tally = new TestTally(strict, (line) => lines.push(line))
    tally.pass(SKIPPED)
    tally.summary(summary)
    assert.equal(tally.ok, !strict)
  }
  assert.deepEqual(lines, ['not allowed with CI=true: skipped test "needs a server" in a.test.ts'])
})

test('skips that only the summary counts fail a strict run', () => {
  const tally = new TestTally(true)
  tally.summary({ success: true, counts: { tests: 2, skipped: 0, todo: 1 } })
  assert.equal(tally.ok, false)
})
