import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OnceTracker } from './track-once.ts'
import { Arrival } from './track-order.ts'

const WINDOW = 1000

function makeTracker(publishers: number): OnceTracker {
  return new OnceTracker(OnceTracker.memory(publishers, WINDOW), publishers)
}

test('a message counts once, in whatever order messages come', () => {
  const tracker = makeTracker(2)
  for (const number of [5, 0, 3]) assert.equal(tracker.note(1, number), Arrival.FRESH)
  for (const number of [3, 5, 0]) assert.equal(tracker.note(1, number), Arrival.DUPLICATE)
  assert.equal(tracker.note(0, 3), Arrival.FRESH)
})

test('numbers may go on for ever: the places of old ones are used again', () => {
  const tracker = makeTracker(1)
  for (let number = 0; number < 200_000; number++) {
    tracker.sending(0, number)
    if (number >= WINDOW) assert.equal(tracker.note(0, number - WINDOW), Arrival.FRESH)
  }
  assert.equal(tracker.note(0, 200_000 - WINDOW - 1), Arrival.DUPLICATE)
})

test('threads share what they know', () => {
  const memory = OnceTracker.memory(1, WINDOW)
  assert.equal(new OnceTracker(memory, 1).note(0, 7), Arrival.FRESH)
  assert.equal(new OnceTracker(memory, 1).note(0, 7), Arrival.DUPLICATE)
})
