import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteWriter } from '#kernel/byte-writer.ts'
import { DecodeFailure, isFailure } from '#codec/mqtt/decode-failure.ts'
import { Frame, FrameStatus, readFrame } from '#codec/mqtt/frame.ts'
import { type Packet, decodePacket, encodePacket } from '#codec/mqtt/packet.ts'
import type { Golden } from './golden.ts'
import { GOLDEN_PACKETS } from './table.ts'

const PACKET_BYTES_MAX = 1_000_000

/** What the codec makes of bytes `0..length` of a golden packet. */
function decode({ bytes, version, from }: Golden, length: number): Packet | DecodeFailure | 'more' {
  const frame = new Frame()
  const status = readFrame(bytes, 0, length, PACKET_BYTES_MAX, frame, version)
  if (status === FrameStatus.INCOMPLETE) return 'more'
  if (status === FrameStatus.MALFORMED) return new DecodeFailure(0x81, 'fixed header')
  assert.equal(status, FrameStatus.OK)
  assert.equal(frame.bodyEnd, length, 'the table has exactly one packet per entry')
  return decodePacket(bytes, frame, version, from === 'server')
}

function tagsOf(text: string): readonly string[] {
  return text.match(/\[MQTT[^\]]*\]/g) ?? []
}

for (const golden of GOLDEN_PACKETS.filter(({ packet }) => packet !== undefined)) {
  test(`golden: ${golden.name}`, () => {
    const decoded = decode(golden, golden.bytes.length)
    assert.deepEqual(decoded, golden.packet)
    if (!golden.canonical) return
    const w = new ByteWriter(1)
    encodePacket(w, golden.version, golden.packet!) // The filter above.
    assert.equal(w.bytes.subarray(0, w.offset).toString('hex'), golden.bytes.toString('hex'))
  })
}

for (const golden of GOLDEN_PACKETS.filter(({ reason }) => reason !== undefined)) {
  test(`golden: ${golden.name} is refused`, () => {
    const decoded = decode(golden, golden.bytes.length)
    assert.ok(isFailure(decoded), `accepted as ${JSON.stringify(decoded)}`)
    assert.equal(decoded.reason, golden.reason, decoded.detail)
    if (decoded.detail === 'fixed header') return
    assert.ok(decoded.detail.includes(golden.detail ?? ''), decoded.detail)
    const tags = tagsOf(golden.name)
    if (tags.length > 0 && decoded.tag !== '') assert.ok(tags.includes(decoded.tag), decoded.tag)
    assert.deepEqual(tagsOf(decoded.tag), decoded.tag === '' ? [] : [decoded.tag])
  })
}

test('golden: every cut of every packet asks for more or is refused', () => {
  for (const golden of GOLDEN_PACKETS) {
    for (let length = 0; length < golden.bytes.length; length++) {
      const decoded = decode(golden, length)
      assert.ok(decoded === 'more' || isFailure(decoded), `${golden.name} at ${length}`)
    }
  }
})

test('golden: a body that is cut while its length is right is refused or is another packet', () => {
  for (const golden of GOLDEN_PACKETS) {
    const { bytes, version, from } = golden
    const frame = new Frame()
    if (readFrame(bytes, 0, bytes.length, PACKET_BYTES_MAX, frame, version) !== FrameStatus.OK) {
      continue
    }
    for (let end = frame.bodyStart; end < bytes.length; end++) {
      frame.bodyEnd = end
      // A copy that ends there: reading one byte further would not find what was cut off.
      const cut = Buffer.from(bytes.subarray(0, end))
      const decoded = decodePacket(cut, frame, version, from === 'server')
      assert.equal(typeof decoded, 'object')
    }
  }
})

test('golden: the table covers all packets, versions and more than 200 cases', () => {
  assert.ok(GOLDEN_PACKETS.length >= 200, String(GOLDEN_PACKETS.length))
  const types = new Set(GOLDEN_PACKETS.map(({ bytes }) => bytes[0]! >> 4)) // None is empty.
  assert.equal(types.size, 16)
  const versions = new Set(GOLDEN_PACKETS.map(({ version }) => version))
  assert.deepEqual(versions, new Set([3, 4, 5]))
})
