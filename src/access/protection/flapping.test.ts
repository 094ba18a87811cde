import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Flapping } from './flapping.ts'

const CONFIG = { enable: true, window_time: 1000, max_count: 3, ban_time: 5000 }

test('a client that leaves too often in a time is noticed once', () => {
  const flapping = new Flapping(CONFIG, () => 0)
  assert.deepEqual(
    ['a', 'b', 'a', 'a', 'a'].map((id) => flapping.left(id)),
    [false, false, false, true, false],
  )
})

test('what lies longer back does not count, and is forgotten', () => {
  let nowMs = 0
  const flapping = new Flapping(CONFIG, () => nowMs)
  assert.ok(!flapping.left('a') && !flapping.left('a') && !flapping.left('b'))
  nowMs = 1000
  assert.ok(!flapping.left('a'))
  assert.equal(flapping.size, 1)
})

test('no more clients are counted than there is room for', () => {
  const flapping = new Flapping(CONFIG, () => 0)
  for (let index = 0; index < 100_010; index++) flapping.left(`c${index}`)
  assert.equal(flapping.size, 100_000)
})
