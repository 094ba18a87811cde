import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteWriter } from '#kernel/byte-writer.ts'
import { sentPacket } from '../../../test/codec/arbitrary-packet.ts'
import type { SentPacket } from '../../../test/codec/arbitrary-packet.ts'
import { type DecodeFailure, isFailure } from './decode-failure.ts'
import { Frame, FrameStatus, readFrame } from './frame.ts'
import { decodePacket, encodePacket } from './packet.ts'
import type { Packet } from './packet.ts'

const LIMIT = 1_000_000

function encode({ version, packet }: SentPacket): Buffer {
  const w = new ByteWriter(1)
  encodePacket(w, version, packet)
  return w.bytes.subarray(0, w.offset)
}

function decode(
  bytes: Buffer,
  start: number,
  { version, fromServer }: SentPacket,
): { packet: Packet | DecodeFailure; end: number } {
  const frame = new Frame()
  const status = readFrame(bytes, start, bytes.length, LIMIT, frame, version)
  assert.equal(status, FrameStatus.OK)
  return { packet: decodePacket(bytes, frame, version, fromServer), end: frame.bodyEnd }
}

test('every legal packet comes back as it was sent', () => {
  fc.assert(
    fc.property(sentPacket, (sent) => {
      assert.deepEqual(decode(encode(sent), 0, sent).packet, sent.packet)
    }),
    { numRuns: 3000 },
  )
})

/** A writer that hands out a new block at every `ensure`, as the write blocks of sockets do. */
class BlockWriter extends ByteWriter {
  calls = 0
  override ensure(n: number): void {
    this.calls++
    this.bytes = Buffer.alloc(n, 0xee)
    this.offset = 0
  }
}

test('every encoder ensures its whole packet once, to the byte, before it writes', () => {
  fc.assert(
    fc.property(sentPacket, (sent) => {
      const w = new BlockWriter(1)
      encodePacket(w, sent.version, sent.packet)
      assert.equal(w.calls, 1)
      assert.equal(w.offset, w.bytes.length)
      assert.deepEqual(w.bytes, encode(sent))
    }),
    { numRuns: 1000 },
  )
})

test('packets one after the other in one buffer come back one by one', () => {
  fc.assert(
    fc.property(fc.array(sentPacket, { minLength: 1, maxLength: 8 }), (list) => {
      const bytes = Buffer.concat(list.map(encode))
      let at = 0
      for (const sent of list) {
        const { packet, end } = decode(bytes, at, sent)
        assert.deepEqual(packet, sent.packet)
        at = end
      }
      assert.equal(at, bytes.length)
    }),
    { numRuns: 300 },
  )
})

test('a packet cut anywhere is incomplete, or a failure once its length is made to fit', () => {
  fc.assert(
    fc.property(sentPacket, fc.nat(), (sent, where) => {
      const bytes = encode(sent)
      const end = where % bytes.length
      const frame = new Frame()
      const status = readFrame(bytes, 0, end, LIMIT, frame, sent.version)
      assert.equal(status, FrameStatus.INCOMPLETE)
      if (frame.bodyEnd === 0 || end < frame.bodyStart) return
      frame.bodyEnd = end
      const cut = Buffer.from(bytes.subarray(0, end))
      const packet = decodePacket(cut, frame, sent.version, sent.fromServer)
      assert.ok(isFailure(packet) || packet.type === sent.packet.type)
    }),
    { numRuns: 2000 },
  )
})

test('a reserved packet type is a failure', () => {
  const frame = new Frame()
  assert.ok(isFailure(decodePacket(Buffer.alloc(0), frame, 5, false)))
})
