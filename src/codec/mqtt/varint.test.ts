import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteWriter } from '#kernel/byte-writer.ts'
import { putVarint } from './put.ts'
import { VARINT_MAX, readVarint, varintLength } from './varint.ts'

const EDGES = [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, VARINT_MAX]

test('[MQTT-1.5.5-1] values at the edges are written in the shortest form and come back', () => {
  for (const value of EDGES) {
    const w = new ByteWriter(8)
    putVarint(w, value)
    assert.equal(w.offset, varintLength(value))
    assert.equal(readVarint(w.bytes, 0, w.offset), value)
    assert.equal(readVarint(w.bytes, 0, w.offset - 1), -1, 'cut off')
  }
})

test('[MQTT-1.5.5-1] padded, cut and endless forms are refused', () => {
  for (const form of [[0x80, 0], [0xff, 0x80, 0], [0x81, 0x80, 0x80, 0], [0x80], []]) {
    assert.equal(readVarint(Buffer.from(form), 0, form.length), -1)
  }
  assert.equal(readVarint(Buffer.from([0x80, 0x80, 0x80, 0x80, 1]), 0, 5), -1)
})
