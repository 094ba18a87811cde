import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteWriter } from '#kernel/byte-writer.ts'
import { encodeSuback } from './suback.ts'
import { encodeUnsuback } from './unsuback.ts'

test('[MQTT311-3.9.3-2] SUBACK 3.1.1 has 0x80 for every refusal', () => {
  const w = new ByteWriter(8)
  encodeSuback(w, 4, 1, [0, 0x87, 2, 0xa2], { reasonString: 'no' })
  assert.equal(w.bytes.toString('hex', 0, w.offset), '90060001' + '00800280')
})

test('UNSUBACK 3.1.1 has neither reasons nor properties', () => {
  const w = new ByteWriter(8)
  encodeUnsuback(w, 4, 1, [0x11], { reasonString: 'no' })
  assert.equal(w.bytes.toString('hex', 0, w.offset), 'b0020001')
})
