import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arrival, OrderTracker } from './track-order.ts'

function noteAll(tracker: OrderTracker, stream: number, numbers: readonly number[]): Arrival[] {
  return numbers.map((number) => tracker.note(stream, number))
}

const { FRESH, DUPLICATE, LATE } = Arrival

test('messages in order are new', () => {
  assert.deepEqual(noteAll(new OrderTracker(1), 0, [0, 1, 2, 3]), [FRESH, FRESH, FRESH, FRESH])
})

test('a repeated message is told from a late one', () => {
  const tracker = new OrderTracker(1)
  assert.deepEqual(noteAll(tracker, 0, [0, 3, 1, 1, 3]), [FRESH, FRESH, LATE, DUPLICATE, DUPLICATE])
  assert.deepEqual(noteAll(tracker, 0, [2, 2, 4]), [LATE, DUPLICATE, FRESH])
})

test('streams do not know of each other', () => {
  const tracker = new OrderTracker(2)
  assert.deepEqual(noteAll(tracker, 0, [0, 1]), [FRESH, FRESH])
  assert.deepEqual(noteAll(tracker, 1, [0, 0]), [FRESH, DUPLICATE])
})
