import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ConnectionTally, TALLY_BYTES } from './connection-tally.ts'

function tally(): ConnectionTally {
  return new ConnectionTally(new Int32Array(new SharedArrayBuffer(TALLY_BYTES)), 'salt')
}

test('a name has as many places as allowed, and gets them back', () => {
  const users = tally()
  assert.deepEqual(
    [users.take('u', 2), users.take('u', 2), users.take('u', 2)],
    [true, true, false],
  )
  assert.ok(users.take('v', 2))
  users.give('u')
  assert.ok(users.take('u', 2))
  assert.equal(users.count('u'), 2)
})

test('counts are those of a map, whatever comes and goes', () => {
  const names = Array.from({ length: 300 }, (_, index) => `name-${index}`)
  const step = fc.tuple(fc.constantFrom(...names), fc.boolean())
  fc.assert(
    fc.property(fc.array(step, { minLength: 200, maxLength: 600 }), (steps) => {
      const counted = tally()
      const model = new Map<string, number>()
      for (const [name, comes] of steps) {
        const before = model.get(name) ?? 0
        if (comes) {
          assert.equal(counted.take(name, 3), before < 3)
          model.set(name, Math.min(3, before + 1))
        } else if (before > 0) {
          counted.give(name)
          model.set(name, before - 1)
        }
      }
      for (const [name, count] of model) assert.equal(counted.count(name), count)
    }),
    { numRuns: 20 },
  )
})

test('names that share a place are told apart, and found after one of them has gone', () => {
  const counted = tally()
  const names = Array.from({ length: 90_000 }, (_, index) => `n${index}`)
  for (const name of names) assert.ok(counted.take(name, 1))
  for (const [index, name] of names.entries()) if (index % 2 === 0) counted.give(name)
  for (const [index, name] of names.entries()) assert.equal(counted.count(name), index % 2)
})

test('when there is no room, names are let through uncounted', () => {
  const counted = tally()
  for (let index = 0; index < 98_304; index++) assert.ok(counted.take(`n${index}`, 1))
  assert.ok(counted.take('one more', 1))
  assert.ok(counted.take('one more', 1))
  counted.give('one more')
  assert.ok(!counted.take('n5', 1))
})
