import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyPatch, mergePatch } from './merge-patch.ts'

const before = { a: { x: 1, y: [1] }, b: { x: 2 } }

test('a patch says what has changed, and what is gone', () => {
  const after = { a: { x: 1, y: [2] }, c: {} }
  const patch = mergePatch(before, after)
  assert.deepEqual(patch, { a: { y: [2] }, b: null, c: {} })
  assert.deepEqual(applyPatch(before, patch), after)
})

test('what is a default again is said, too', () => {
  assert.deepEqual(mergePatch(before, { a: { x: 1 }, b: { x: 2 } }), { a: { y: null } })
  assert.deepEqual(mergePatch(before, before), {})
})
