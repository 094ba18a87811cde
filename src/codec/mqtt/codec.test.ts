import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzzCodec } from './codec.fuzz.ts'

test('random and damaged packets are accepted, refused or incomplete', () => {
  for (const seed of [1, 2, 3]) {
    const { accepted, refused, incomplete } = fuzzCodec(seed, 4000)
    assert.equal(accepted + refused + incomplete, 4000)
    // A run that finds nothing good or nothing bad would prove nothing.
    assert.ok(accepted > 400 && refused > 400 && incomplete > 40, `seed ${seed}`)
  }
})

test('a run depends on its seed alone', () => {
  assert.deepEqual(fuzzCodec(42, 500), fuzzCodec(42, 500))
  assert.notDeepEqual(fuzzCodec(42, 500), fuzzCodec(43, 500))
})
