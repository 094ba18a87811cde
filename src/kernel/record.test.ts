import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 as zlibCrc32 } from 'node:zlib'
import fc from 'fast-check'
import {
  RECORD_HEADER_BYTES,
  RECORD_WHOLE_CHECK_BYTES_MAX,
  RecordFault,
  checkRecord,
  crc32,
  encodeRecord,
  recordPayload,
  sealRecord,
} from './record.ts'

const bytes = fc.uint8Array({ maxLength: 300 })
const version = fc.integer({ min: 0, max: 255 })

test('crc32 is the one of zlib, whole and in parts', () => {
  fc.assert(
    fc.property(bytes, fc.nat(), (data, cut) => {
      const middle = cut % (data.length + 1)
      const expected = zlibCrc32(data) | 0
      assert.equal(crc32(data, 0, data.length), expected)
      const head = crc32(data, 0, middle)
      assert.equal(crc32(data, middle, data.length, head), expected)
    }),
  )
})

test('a record gives back its version and payload', () => {
  fc.assert(
    fc.property(version, bytes, (number, payload) => {
      const record = encodeRecord(number, payload)
      assert.equal(record.length, RECORD_HEADER_BYTES + payload.length)
      assert.equal(checkRecord(record), number)
      assert.deepEqual(recordPayload(record), payload)
    }),
  )
})

test('a record may be sealed in place', () => {
  const record = new Uint8Array(RECORD_HEADER_BYTES + 3)
  record.set([1, 2, 3], RECORD_HEADER_BYTES)
  sealRecord(record, 9)
  assert.deepEqual(record, encodeRecord(9, new Uint8Array([1, 2, 3])))
})

test('a changed bit anywhere in a record is found', () => {
  const record = encodeRecord(3, Buffer.from('what was stored'))
  for (let bit = 0; bit < record.length * 8; bit++) {
    record[bit >> 3]! ^= 1 << (bit & 7)
    assert.equal(checkRecord(record), RecordFault.CHECKSUM, `bit ${bit}`)
    record[bit >> 3]! ^= 1 << (bit & 7)
  }
  assert.equal(checkRecord(record), 3)
})

test('a record that was cut short is found', () => {
  const record = encodeRecord(1, Buffer.from('payload'))
  for (let length = 0; length < RECORD_HEADER_BYTES; length++) {
    assert.equal(checkRecord(record.subarray(0, length)), RecordFault.SHORT)
  }
  for (let length = RECORD_HEADER_BYTES; length < record.length; length++) {
    assert.equal(checkRecord(record.subarray(0, length)), RecordFault.CHECKSUM)
  }
  assert.equal(checkRecord(new Uint8Array(100)), RecordFault.CHECKSUM, 'zeros are no record')
})

test('of a large record both ends and the length are checked', () => {
  for (const size of [RECORD_WHOLE_CHECK_BYTES_MAX, RECORD_WHOLE_CHECK_BYTES_MAX + 1, 1_000_000]) {
    const record = encodeRecord(2, Buffer.alloc(size, 'large '))
    assert.equal(checkRecord(record), 2)
    for (const at of [RECORD_HEADER_BYTES, 30_000, record.length - 30_000, record.length - 1]) {
      record[at]! ^= 1
      assert.equal(checkRecord(record), RecordFault.CHECKSUM, `byte ${at} of ${size}`)
      record[at]! ^= 1
    }
    assert.equal(checkRecord(record.subarray(0, record.length - 1)), RecordFault.CHECKSUM)
  }
})
