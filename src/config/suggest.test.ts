import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { editDistance, nearestName } from './suggest.ts'

test('edits are counted, a swap of neighbours as one', () => {
  assert.equal(editDistance('', 'abc'), 3)
  assert.equal(editDistance('kitten', 'sitting'), 3)
  assert.equal(editDistance('bnid', 'bind'), 1)
  assert.equal(editDistance('same', 'same'), 0)
})

test('a name is suggested only when it is near', () => {
  const names = ['max_inflight', 'max_mqueue_len', 'bind']
  assert.equal(nearestName('max_inflght', names), 'max_inflight')
  assert.equal(nearestName('MAX_INFLIGHT', names), 'max_inflight')
  assert.equal(nearestName('bnid', names), 'bind')
  assert.equal(nearestName('something', names), undefined)
  assert.equal(nearestName('x'.repeat(100_000), names), undefined)
})

test('property: the distance is symmetric and at most the longer length', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      const distance = editDistance(a, b)
      assert.equal(distance, editDistance(b, a))
      assert.ok(distance <= Math.max(a.length, b.length))
      assert.equal(distance === 0, a === b)
    }),
  )
})
