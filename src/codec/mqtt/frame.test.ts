import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Frame, FrameStatus, readFrame } from './frame.ts'
import { PacketType } from './packet-type.ts'
import { ProtocolVersion } from './protocol-version.ts'

const { OK, INCOMPLETE, MALFORMED, TOO_LARGE } = FrameStatus
const { V31, V311, V5 } = ProtocolVersion
const MANY = 300_000_000

/** Flags that the standard's table 2-2 asks for, by type; PUBLISH is judged apart. */
const FLAGS = new Map<number, number>([
  [PacketType.PUBREL, 2],
  [PacketType.SUBSCRIBE, 2],
  [PacketType.UNSUBSCRIBE, 2],
])

function isLegal(first: number, version: ProtocolVersion | 0): boolean {
  const type = first >> 4
  const flags = first & 15
  if (type === 0) return false
  if (type === PacketType.PUBLISH) {
    const qos = (flags >> 1) & 3
    return qos < 3 && !(qos === 0 && flags >= 8)
  }
  if (type === PacketType.AUTH && version !== V5 && version !== 0) return false
  const wanted = FLAGS.get(type) ?? 0
  return flags === wanted || (version === V31 && wanted === 2 && flags === 10)
}

test('[MQTT-2.1.3-1] [MQTT311-2.2.2-2] every first byte is judged before there is a length', () => {
  for (const version of [0, V31, V311, V5] as const) {
    for (let first = 0; first < 256; first++) {
      const status = readFrame(Buffer.from([first]), 0, 1, MANY, new Frame(), version)
      const expected = isLegal(first, version) ? INCOMPLETE : MALFORMED
      assert.equal(status, expected, `0x${first.toString(16)} in version ${version}`)
    }
  }
})

test('offsets and flags of a packet in the middle of a buffer', () => {
  const bytes = Buffer.from([9, 9, 0x3d, 3, 0, 1, 0x61, 9])
  const frame = new Frame()
  assert.equal(readFrame(bytes, 2, 8, MANY, frame), OK)
  const found = { first: 0x3d, type: 3, flags: 13, bodyStart: 4, bodyEnd: 7 }
  assert.deepEqual(frame, Object.assign(new Frame(), found))
})

test('lengths at the edges of one, two, three and four bytes', () => {
  const edges: ReadonlyArray<readonly [number, readonly number[]]> = [
    [0, [0]],
    [127, [0x7f]],
    [128, [0x80, 1]],
    [16_383, [0xff, 0x7f]],
    [16_384, [0x80, 0x80, 1]],
    [2_097_151, [0xff, 0xff, 0x7f]],
    [2_097_152, [0x80, 0x80, 0x80, 1]],
    [268_435_455, [0xff, 0xff, 0xff, 0x7f]],
  ]
  for (const [length, lengthBytes] of edges) {
    const bytes = Buffer.from([0x30, ...lengthBytes])
    const frame = new Frame()
    const status = readFrame(bytes, 0, bytes.length, MANY, frame, V5)
    assert.equal(status, length === 0 ? OK : INCOMPLETE)
    assert.equal(frame.bodyEnd - frame.bodyStart, length)
    assert.equal(frame.bodyStart, 1 + lengthBytes.length)
  }
})

test('a packet is incomplete at every split point and complete at its end', () => {
  const bytes = Buffer.alloc(203)
  bytes.set([0x30, 0xc8, 1])
  const frame = new Frame()
  for (let end = 0; end < bytes.length; end++) {
    assert.equal(readFrame(bytes, 0, end, MANY, frame), INCOMPLETE)
    assert.equal(frame.bodyEnd, end < 3 ? 0 : 203)
  }
  assert.equal(readFrame(bytes, 0, 203, MANY, frame), OK)
})

test('a packet over the limit is told as soon as its length is known', () => {
  const frame = new Frame()
  const bytes = Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])
  assert.equal(readFrame(bytes, 0, 4, 1000, frame), INCOMPLETE)
  assert.equal(readFrame(bytes, 0, 5, 1000, frame), TOO_LARGE)
  assert.equal(frame.bodyEnd, 5 + 268_435_455)
})

test('the limit counts the whole packet with its fixed header', () => {
  const bytes = Buffer.alloc(12)
  bytes.set([0x30, 10])
  assert.equal(readFrame(bytes, 0, 12, 12, new Frame()), OK)
  assert.equal(readFrame(bytes, 0, 12, 11, new Frame()), TOO_LARGE)
})

test('a fifth length byte is refused when the fourth announces it', () => {
  const bytes = Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80])
  assert.equal(readFrame(bytes, 0, 4, MANY, new Frame()), INCOMPLETE)
  assert.equal(readFrame(bytes, 0, 5, MANY, new Frame()), MALFORMED)
})

test('[MQTT-1.5.5-1] a padded length is refused by MQTT 5 alone', () => {
  for (const padded of [
    [0xc0, 0x80, 0],
    [0xc0, 0x80, 0x80, 0x80, 0],
  ]) {
    const bytes = Buffer.from(padded)
    assert.equal(readFrame(bytes, 0, bytes.length, MANY, new Frame(), V5), MALFORMED)
    assert.equal(readFrame(bytes, 0, bytes.length, MANY, new Frame(), V311), OK)
    assert.equal(readFrame(bytes, 0, bytes.length, MANY, new Frame()), OK)
  }
})
