/** Every configuration in docs/access-control.md is right; other tests here start them. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadConfig } from '#config/load.ts'
import { formatProblem } from '#config/decode.ts'
import { examples } from './examples.ts'

describe('the examples of docs/access-control.md', () => {
  const configurations = examples('hocon')

  test('there are some', () => {
    assert.ok(configurations.length >= 20)
  })

  for (const [index, config] of configurations.entries()) {
    test(`example ${index + 1} has no errors and nothing without effect`, () => {
      const { errors, warnings } = loadConfig({ files: [{ source: 'docs', text: config }] })
      assert.deepEqual(errors.map(formatProblem), [])
      assert.deepEqual(warnings, [])
    })
  }
})
