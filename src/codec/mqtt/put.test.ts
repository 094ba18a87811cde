import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteWriter } from '#kernel/byte-writer.ts'
import {
  FIELD_BYTES_MAX,
  beginPacket,
  binarySize,
  putBinary,
  putBytes,
  putString,
  putUint16,
  putUint32,
  stringSize,
} from './put.ts'

function written(size: number, put: (w: ByteWriter) => void): Buffer {
  const w = new ByteWriter(size)
  put(w)
  assert.equal(w.offset, size)
  return w.bytes.subarray(0, size)
}

test('numbers are big-endian', () => {
  assert.deepEqual([...written(2, (w) => putUint16(w, 0xfe01))], [0xfe, 1])
  assert.deepEqual([...written(4, (w) => putUint32(w, 0xfe01_02ff))], [0xfe, 1, 2, 0xff])
})

test('bytes of every small length are copied, also from a part of a buffer', () => {
  const source = Buffer.from(Array.from({ length: 80 }, (_, i) => i))
  for (let length = 0; length < 70; length++) {
    const part = source.subarray(5, 5 + length)
    assert.deepEqual(
      written(length, (w) => putBytes(w, part)),
      part,
    )
  }
})

test('strings of every small length keep their characters', () => {
  for (const unit of ['a', 'é', '工', '😀']) {
    for (let count = 0; count < 30; count++) {
      const text = unit.repeat(count)
      const bytes = written(stringSize(text), (w) => putString(w, text))
      assert.equal(bytes.readUInt16BE(), bytes.length - 2)
      assert.equal(bytes.toString('utf8', 2), text)
    }
  }
})

test('fields up to 65535 bytes fit, longer ones throw before anything is written', () => {
  const w = new ByteWriter(70_000)
  putString(w, 'a'.repeat(FIELD_BYTES_MAX))
  assert.equal(w.offset, 2 + FIELD_BYTES_MAX)
  assert.throws(() => putString(w, 'a'.repeat(FIELD_BYTES_MAX + 1)), RangeError)
  assert.throws(() => putBinary(w, Buffer.alloc(FIELD_BYTES_MAX + 1)), RangeError)
  assert.equal(w.offset, 2 + FIELD_BYTES_MAX)
  assert.equal(binarySize(Buffer.alloc(3)), 5)
})

test('a packet larger than the protocol can say throws', () => {
  assert.throws(() => beginPacket(new ByteWriter(8), 0x30, 268_435_456), RangeError)
})
