/** One failing test per step that failed before the tests: run only when there is such a step. */
import assert from 'node:assert/strict'
import { test } from 'node:test'

const failed = (process.env['TIDEWAY_FAILED_STEPS'] ?? '').split(',').filter((step) => step !== '')

assert.ok(failed.length > 0, 'this file is only for runs with a failed step')
for (const step of failed) {
  test(`${step}: no problems`, () => {
    assert.fail(`the ${step} step reported problems above; npm run check shows them alone`)
  })
}
