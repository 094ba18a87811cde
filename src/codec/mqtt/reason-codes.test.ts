import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PacketType } from './packet-type.ts'
import {
  ReasonCode,
  connackV3Code,
  isReasonOf,
  reasonName,
  reasonOfConnackV3,
} from './reason-codes.ts'

/** Codes that each packet may carry, read from table 2-6 of the standard column by column. */
const CODES: Readonly<Record<string, readonly number[]>> = {
  CONNACK: [
    0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97,
    0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9f,
  ],
  PUBACK: [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99],
  PUBREC: [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99],
  PUBREL: [0x00, 0x92],
  PUBCOMP: [0x00, 0x92],
  SUBACK: [0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2],
  UNSUBACK: [0x00, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91],
  DISCONNECT: [
    0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94,
    0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
  ],
  AUTH: [0x00, 0x18, 0x19],
}

test('[MQTT-3.2.2-8] [MQTT-3.14.2-1] [MQTT-3.15.2-1] a packet has its own codes only', () => {
  for (const [name, type] of Object.entries(PacketType)) {
    const allowed = CODES[name] ?? []
    for (let code = 0; code < 256; code++) {
      assert.equal(isReasonOf(type, code), allowed.includes(code), `${name} ${code.toString(16)}`)
    }
  }
})

test('every code has a name', () => {
  for (const [key, code] of Object.entries(ReasonCode)) {
    assert.doesNotMatch(reasonName(code), /Unknown/, key)
  }
  assert.equal(reasonName(0), 'Success')
  assert.equal(reasonName(0x8e), 'Session taken over')
  assert.equal(reasonName(0x05), 'Unknown reason 0x05')
})

test('[MQTT311-3.2.2-6] reasons without a return code of 3.1.1 close without CONNACK', () => {
  assert.equal(connackV3Code(ReasonCode.SUCCESS), 0)
  assert.equal(connackV3Code(ReasonCode.UNSUPPORTED_PROTOCOL_VERSION), 1)
  assert.equal(connackV3Code(ReasonCode.CLIENT_IDENTIFIER_NOT_VALID), 2)
  assert.equal(connackV3Code(ReasonCode.SERVER_BUSY), 3)
  assert.equal(connackV3Code(ReasonCode.BAD_USER_NAME_OR_PASSWORD), 4)
  assert.equal(connackV3Code(ReasonCode.BANNED), 5)
  assert.equal(connackV3Code(ReasonCode.TOPIC_NAME_INVALID), -1)
  assert.equal(connackV3Code(ReasonCode.PACKET_TOO_LARGE), -1)
})

test('[MQTT311-3.1.4-1] a CONNECT that does not conform gets no CONNACK', () => {
  assert.equal(connackV3Code(ReasonCode.MALFORMED_PACKET), -1)
  assert.equal(connackV3Code(ReasonCode.PROTOCOL_ERROR), -1)
})

test('return codes of 3.1.1 and reasons lead to each other', () => {
  for (let code = 0; code <= 5; code++) {
    const reason = reasonOfConnackV3(code)
    assert.ok(reason !== undefined)
    assert.equal(connackV3Code(reason), code)
  }
  assert.equal(reasonOfConnackV3(6), undefined)
})
