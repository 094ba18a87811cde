import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SpanBuffer } from './span-buffer.ts'

const SPAN = {
  traceId: 'ab'.repeat(16),
  spanId: 'cd'.repeat(8),
  parentId: '',
  traceState: '',
  name: 'x',
  kind: 1,
  startMs: 1,
  endMs: 2,
  attributes: {},
  failure: undefined,
} as const

test('so many spans wait, further ones are dropped and counted once', () => {
  const buffer = new SpanBuffer(2)
  for (let n = 0; n < 5; n++) buffer.add(SPAN)
  const { bytes, count, dropped } = buffer.take()
  assert.deepEqual([count, dropped], [2, 3])
  assert.ok(bytes.length > 0)
  assert.deepEqual({ ...buffer.take(), bytes: 0 }, { bytes: 0, count: 0, dropped: 0 })
  buffer.add(SPAN)
  assert.equal(buffer.take().bytes.length * 2, bytes.length)
})

test('spans with long texts have a limit in bytes', () => {
  const buffer = new SpanBuffer(1_000_000)
  for (let n = 0; n < 100; n++) buffer.add({ ...SPAN, attributes: { topic: 'x'.repeat(65_000) } })
  const { bytes, dropped } = buffer.take()
  assert.ok(bytes.length < 3_000_000)
  assert.ok(dropped > 50)
})
