import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SplitMap } from './split-map.ts'

test('it behaves like a map, also when all keys have the same hash', () => {
  const step = fc.tuple(fc.nat(300), fc.constantFrom('set', 'set', 'delete'), fc.nat())
  const steps = fc.array(step, { maxLength: 300, size: 'max' })
  fc.assert(
    fc.property(steps, fc.constantFrom(1, 64, 1000), (mix, hashes) => {
      const map = new SplitMap<number>()
      const model = new Map<string, number>()
      for (const [number, kind, value] of mix) {
        const key = `key-${number}`
        const hash = number % hashes
        assert.equal(map.get(key, hash), model.get(key))
        if (kind === 'set') {
          map.set(key, hash, value)
          model.set(key, value)
        } else assert.equal(map.delete(key, hash), model.delete(key))
        assert.equal(map.size, model.size)
      }
      assert.deepEqual(new Set(map.values()), new Set(model.values()))
    }),
    { numRuns: 50 },
  )
})
