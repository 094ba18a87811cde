import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteWriter } from './byte-writer.ts'

test('ensure leaves the buffer alone while the bytes fit', () => {
  const w = new ByteWriter(8)
  const { bytes } = w
  w.ensure(8)
  w.offset = 5
  w.ensure(3)
  assert.equal(w.bytes, bytes)
})

test('ensure keeps what was written and makes room for exactly what is asked or more', () => {
  const w = new ByteWriter(4)
  w.bytes.set([1, 2, 3])
  w.offset = 3
  w.ensure(100)
  assert.ok(w.bytes.length - w.offset >= 100)
  assert.deepEqual([...w.bytes.subarray(0, 3)], [1, 2, 3])
  assert.equal(w.offset, 3)
})

test('ensure at least doubles, so that many small writes stay cheap', () => {
  const w = new ByteWriter(1024)
  w.offset = 1024
  w.ensure(1)
  assert.equal(w.bytes.length, 2048)
})

test('a writer of no bytes can grow', () => {
  const w = new ByteWriter(0)
  w.ensure(1)
  w.bytes[w.offset++] = 7
  assert.equal(w.bytes[0], 7)
})
