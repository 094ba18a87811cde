import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TapSet } from './tap-set.ts'

test('taps keep their order, each is there once, and a list is never changed', () => {
  const taps = new TapSet()
  const [a, b, c] = [{ id: 'a' }, { id: 'b' }, { id: 'c' }]
  assert.deepEqual(
    [a, b, a, c].map((tap) => taps.add(tap)),
    [true, true, false, true],
  )
  const all = taps.list
  assert.equal(taps.list, all)
  assert.deepEqual([taps.delete(a), taps.delete(a)], [true, false])
  assert.deepEqual([all, taps.list, taps.size], [[a, b, c], [b, c], 2])
  taps.add(a)
  assert.deepEqual(taps.list, [b, c, a])
})
