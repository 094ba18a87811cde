import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import mqttPacket from 'mqtt-packet'
import type { Packet as TheirPacket } from 'mqtt-packet'
import { ByteWriter } from '#kernel/byte-writer.ts'
import { Frame, FrameStatus, readFrame } from '#codec/mqtt/frame.ts'
import { type Packet, decodePacket, encodePacket } from '#codec/mqtt/packet.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import type { UserProperty } from '#codec/mqtt/properties.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { type SentPacket, sentPacket } from '../codec/arbitrary-packet.ts'
import { type ForeignPacket, foreignOf, withoutUserOrder } from './foreign-packet.ts'

// mqtt-packet is the codec of mqtt.js, and so of most JavaScript clients in the field.

function encodeOurs({ version, packet }: SentPacket): Buffer {
  const w = new ByteWriter(1)
  encodePacket(w, version, packet)
  return w.bytes.subarray(0, w.offset)
}

function decodeOurs(bytes: Buffer, { version, fromServer }: SentPacket): unknown {
  const frame = new Frame()
  assert.equal(readFrame(bytes, 0, bytes.length, Infinity, frame, version), FrameStatus.OK)
  assert.equal(frame.bodyEnd, bytes.length)
  return decodePacket(bytes, frame, version, fromServer)
}

function decodeTheirs(bytes: Buffer, { version }: SentPacket): ForeignPacket {
  const parser = mqttPacket.parser({ protocolVersion: version })
  const packets: ForeignPacket[] = []
  parser.on('packet', (packet: TheirPacket) => packets.push({ ...packet }))
  parser.on('error', (error: Error) => assert.fail(error))
  parser.parse(bytes)
  assert.equal(packets.length, 1)
  return packets[0]! // Counted above.
}

/** Only what the packet itself says: the parser also sets its own bookkeeping. */
function relevant(theirs: ForeignPacket, expected: ForeignPacket): ForeignPacket {
  const bookkeeping = ['length', ...(expected['cmd'] === 'publish' ? [] : HEADER_FIELDS)]
  const entries = Object.entries(theirs).filter(([key, value]) => {
    return value !== undefined && value !== null && !bookkeeping.includes(key)
  })
  return Object.fromEntries(entries)
}

const HEADER_FIELDS = ['qos', 'dup', 'retain', 'topic', 'payload']

/** Legal packets that mqtt-packet refuses to read, or reads as something else. */
function theyRead({ packet }: SentPacket): boolean {
  // It lacks one reason code, and loses an empty value among several of one name.
  if (packet.type === PacketType.DISCONNECT && packet.reason === 0x8c) return false
  return !userPropertiesOf(packet).some(([, value]) => value === '')
}

/** Legal packets that mqtt-packet refuses to write, or writes as something else. */
function theyWrite({ version, packet }: SentPacket): boolean {
  if (packet.type !== PacketType.CONNECT) return true
  // It wants a user name for a password, and forgets the properties of a bridge.
  if (packet.password !== undefined && packet.username === undefined) return false
  return !(packet.bridge && version === ProtocolVersion.V5)
}

function userPropertiesOf(packet: Packet): readonly UserProperty[] {
  if ('userProperties' in packet) return packet.userProperties
  const own = 'properties' in packet ? packet.properties.userProperties : undefined
  const will = 'will' in packet ? packet.will?.properties.userProperties : undefined
  return [...(own ?? []), ...(will ?? [])]
}

test('mqtt-packet reads what we write', () => {
  fc.assert(
    fc.property(sentPacket.filter(theyRead), (sent) => {
      const expected = foreignOf(sent.packet, sent.version)
      const theirs = decodeTheirs(encodeOurs(sent), sent)
      assert.deepEqual(relevant(theirs, expected), expected)
    }),
    { numRuns: 2000 },
  )
})

test('we read what mqtt-packet writes', () => {
  fc.assert(
    fc.property(sentPacket.filter(theyWrite), (sent) => {
      const foreign = foreignOf(sent.packet, sent.version) as unknown as TheirPacket
      const bytes = mqttPacket.generate(foreign, { protocolVersion: sent.version })
      const ours = decodeOurs(bytes, sent) as Packet
      assert.deepEqual(withoutUserOrder(ours), withoutUserOrder(sent.packet))
    }),
    { numRuns: 2000 },
  )
})
