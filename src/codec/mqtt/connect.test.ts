import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteWriter } from '#kernel/byte-writer.ts'
import { connectVersion, decodeConnect, encodeConnect } from './connect.ts'
import type { ConnectPacket } from './connect.ts'
import { isFailure } from './decode-failure.ts'
import { ReasonCode } from './reason-codes.ts'

function body(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex')
}

function versionOf(hex: string): number {
  const bytes = body(hex)
  return connectVersion(bytes, 0, bytes.length)
}

test('the version can be told of a CONNECT that is broken further on', () => {
  assert.equal(versionOf('00044d515454 04 ff'), 4)
  assert.equal(versionOf('00044d515454 05'), 5)
  assert.equal(versionOf('00044d515454 84'), 4)
  assert.equal(versionOf('00064d5149736470 03'), 3)
  assert.equal(versionOf('00044d515454 03'), 0)
  assert.equal(versionOf('00064d5149736470 04'), 0)
  assert.equal(versionOf('00044d515454'), 0)
  assert.equal(versionOf(''), 0)
})

test('what is returned does not change with the input', () => {
  const bytes = body('00044d51545404 c6 003c 000161 000177 00026d31 000175 00027031')
  const packet = decodeConnect(bytes, 0, bytes.length)
  assert.ok(!isFailure(packet))
  bytes.fill(0xff)
  assert.deepEqual(packet.will?.payload, Buffer.from('m1'))
  assert.deepEqual(packet.password, Buffer.from('p1'))
  assert.equal(packet.will?.topic, 'w')
})

test('long-lived bytes have memory of their own', () => {
  const bytes = body('00044d51545404 06 003c 000161 000177 00026d31')
  const packet = decodeConnect(bytes, 0, bytes.length)
  assert.ok(!isFailure(packet))
  assert.equal(packet.will?.payload.buffer.byteLength, 2)
})

test('fields that were not sent are absent', () => {
  const bytes = body('00044d51545404 02 003c 000161')
  const packet = decodeConnect(bytes, 0, bytes.length)
  assert.ok(!isFailure(packet))
  for (const field of ['username', 'password', 'will']) assert.ok(!(field in packet), field)
})

test('user properties of CONNECT and of its will are limited each', () => {
  const packet: ConnectPacket = {
    protocolName: 'MQTT',
    version: 5,
    bridge: false,
    cleanStart: true,
    keepAliveSeconds: 0,
    clientId: 'a',
    properties: { userProperties: [['k', 'v']] },
    will: {
      topic: 'w',
      payload: Buffer.alloc(0),
      qos: 0,
      retain: false,
      properties: {
        userProperties: [
          ['k', 'v'],
          ['k', 'v'],
        ],
      },
    },
  }
  const w = new ByteWriter(1)
  encodeConnect(w, packet)
  assert.deepEqual(decodeConnect(w.bytes, 2, w.offset, 2), packet)
  const failure = decodeConnect(w.bytes, 2, w.offset, 1)
  assert.ok(isFailure(failure))
  assert.equal(failure.reason, ReasonCode.QUOTA_EXCEEDED)
})
