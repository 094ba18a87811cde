import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteWriter } from '#kernel/byte-writer.ts'
import { encodeConnack } from './connack.ts'
import { ReasonCode } from './reason-codes.ts'

test('[MQTT311-3.2.2-6] a reason without a return code writes nothing in 3.x', () => {
  const w = new ByteWriter(8)
  assert.equal(encodeConnack(w, 4, false, ReasonCode.MALFORMED_PACKET), false)
  assert.equal(w.offset, 0)
  assert.equal(encodeConnack(w, 4, false, ReasonCode.NOT_AUTHORIZED), true)
  assert.equal(w.bytes.toString('hex', 0, w.offset), '20020005')
})

test('[MQTT-3.2.2-6] [MQTT311-3.2.2-4] session present never goes out with a refusal', () => {
  for (const version of [4, 5] as const) {
    const w = new ByteWriter(8)
    encodeConnack(w, version, true, ReasonCode.SERVER_BUSY)
    assert.equal(w.bytes[2], 0)
    w.offset = 0
    encodeConnack(w, version, true, ReasonCode.SUCCESS)
    assert.equal(w.bytes[2], 1)
  }
})

test('the reserved byte of 3.1 stays 0', () => {
  const w = new ByteWriter(8)
  encodeConnack(w, 3, true, ReasonCode.SUCCESS)
  assert.equal(w.bytes.toString('hex', 0, w.offset), '20020000')
})
