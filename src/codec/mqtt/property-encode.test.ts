import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteWriter } from '#kernel/byte-writer.ts'
import { encodeAck } from './ack.ts'
import { encodeAuth } from './auth.ts'
import { encodeConnack } from './connack.ts'
import { isFailure } from './decode-failure.ts'
import { encodeDisconnect } from './disconnect.ts'
import { Frame, FrameStatus, readFrame } from './frame.ts'
import { decodePacket } from './packet.ts'
import { PacketType } from './packet-type.ts'
import type { Properties } from './properties.ts'
import { propertiesLength, putPropertyContent } from './property-encode.ts'
import { ProtocolVersion } from './protocol-version.ts'
import { encodeSuback } from './suback.ts'
import { encodeUnsuback } from './unsuback.ts'

const { V5 } = ProtocolVersion
const { PUBACK, PUBREC, PUBREL, PUBCOMP } = PacketType

const DIAGNOSTICS: Properties = {
  reasonString: 'because of a reason',
  userProperties: [
    ['name', 'value'],
    ['other', 'value'],
  ],
}

type Encoder = (w: ByteWriter, packetBytesMax: number) => void

function encode(encoder: Encoder, packetBytesMax: number): Buffer {
  const w = new ByteWriter(1)
  encoder(w, packetBytesMax)
  return w.bytes.subarray(0, w.offset)
}

function propertiesOf(bytes: Buffer): Properties {
  const frame = new Frame()
  assert.equal(readFrame(bytes, 0, bytes.length, Infinity, frame, V5), FrameStatus.OK)
  const packet = decodePacket(bytes, frame, V5, true)
  assert.ok(!isFailure(packet) && 'properties' in packet)
  return packet.properties
}

/** Shrinks the limit byte by byte: never larger than it, user properties go first. */
function proveFit(encoder: Encoder, rest: Properties): void {
  const full = encode(encoder, Infinity)
  assert.deepEqual(propertiesOf(full), { ...rest, ...DIAGNOSTICS })
  const seen = new Set<string>()
  let bare = 0
  for (let limit = full.length; limit >= 4; limit--) {
    const bytes = encode(encoder, limit)
    const { reasonString, userProperties, ...others } = propertiesOf(bytes)
    assert.deepEqual(others, rest)
    seen.add(`${reasonString !== undefined} ${userProperties !== undefined}`)
    if (reasonString === undefined) bare ||= bytes.length
    assert.ok(bytes.length <= Math.max(limit, bare), `${bytes.length} bytes for ${limit}`)
  }
  assert.deepEqual([...seen], ['true true', 'true false', 'false false'])
}

const TAGS = {
  [PUBACK]: '[MQTT-3.4.2-2] [MQTT-3.4.2-3] PUBACK',
  [PUBREC]: '[MQTT-3.5.2-2] [MQTT-3.5.2-3] PUBREC',
  [PUBREL]: '[MQTT-3.6.2-2] [MQTT-3.6.2-3] PUBREL',
  [PUBCOMP]: '[MQTT-3.7.2-2] [MQTT-3.7.2-3] PUBCOMP',
}

for (const type of [PUBACK, PUBREC, PUBREL, PUBCOMP] as const) {
  test(`${TAGS[type]} leaves out what the receiver has no room for`, () => {
    for (const reason of [0, type < PUBREL ? 0x80 : 0x92]) {
      const { reasonString, userProperties } = DIAGNOSTICS
      proveFit((w, max) => encodeAck(w, type, V5, 7, reason, reasonString, userProperties, max), {})
    }
  })
}

test('[MQTT-3.2.2-19] [MQTT-3.2.2-20] CONNACK leaves out what the client has no room for', () => {
  const rest = { receiveMaximum: 10, assignedClientIdentifier: 'id' }
  const props = { ...rest, ...DIAGNOSTICS }
  proveFit((w, max) => void encodeConnack(w, V5, false, 0, props, max), rest)
})

test('[MQTT-3.9.2-1] [MQTT-3.9.2-2] SUBACK leaves out what the client has no room for', () => {
  proveFit((w, max) => encodeSuback(w, V5, 7, [0, 1], DIAGNOSTICS, max), {})
})

test('[MQTT-3.11.2-1] [MQTT-3.11.2-2] UNSUBACK leaves out what the client has no room for', () => {
  proveFit((w, max) => encodeUnsuback(w, V5, 7, [0, 0], DIAGNOSTICS, max), {})
})

test('[MQTT-3.14.2-3] [MQTT-3.14.2-4] DISCONNECT leaves out what the peer has no room for', () => {
  const rest = { serverReference: 'b' }
  proveFit((w, max) => encodeDisconnect(w, V5, 0x9c, { ...rest, ...DIAGNOSTICS }, max), rest)
  proveFit((w, max) => encodeDisconnect(w, V5, 0x81, DIAGNOSTICS, max), {})
})

test('[MQTT-3.15.2-2] [MQTT-3.15.2-3] AUTH leaves out what the peer has no room for', () => {
  const rest = { authenticationMethod: 'M' }
  proveFit((w, max) => encodeAuth(w, 0x18, { ...rest, ...DIAGNOSTICS }, max), rest)
})

test('lengths count what is written; absent and foreign fields are nothing', () => {
  const props = { ...DIAGNOSTICS, contentType: undefined, foreign: 1 } as unknown as Properties
  const w = new ByteWriter(200)
  putPropertyContent(w, props)
  assert.equal(w.offset, propertiesLength(props))
  assert.equal(propertiesLength(props), propertiesLength(DIAGNOSTICS))
  assert.equal(propertiesLength({}), 0)
})
