import assert from 'node:assert/strict'
import { ByteWriter } from '#kernel/byte-writer.ts'
import { GOLDEN_PACKETS } from '../../../test/golden/mqtt/table.ts'
import { isFailure } from './decode-failure.ts'
import { Frame, FrameStatus, readFrame } from './frame.ts'
import { decodePacket, encodePacket } from './packet.ts'
import type { Packet } from './packet.ts'
import { PacketType } from './packet-type.ts'
import { checkProperties } from './property-decode.ts'
import { ProtocolVersion } from './protocol-version.ts'
import { PublishView, decodePublish } from './publish.ts'
import { answerVersion } from './connect.ts'

/** What became of the inputs of a run. */
export interface FuzzTally {
  accepted: number
  refused: number
  incomplete: number
}

/** Longest input, in bytes. */
const INPUT_BYTES_MAX = 400

/** Bytes around an input that must neither be read nor change the outcome. */
const MARGIN_BYTES = 16

const VERSIONS: readonly ProtocolVersion[] = [
  ProtocolVersion.V31,
  ProtocolVersion.V311,
  ProtocolVersion.V5,
]

/** Pseudo-random numbers 0..2^32-1 that depend on the seed alone (xorshift, 32 bits). */
class Random {
  #state: number
  constructor(seed: number) {
    this.#state = (seed ^ 0x9e37_79b9) >>> 0 || 1
  }
  next(): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x >>> 0
    return this.#state
  }
  below(limit: number): number {
    return this.next() % limit
  }
}

/**
 * Feeds the codec with random bytes and with golden packets that are damaged at random.
 *
 * Checks that nothing throws, that the input stays as it is, that bytes around it play no part,
 * that what is accepted survives encoding and decoding, and that both checkers of PUBLISH
 * properties agree. Throws with seed, iteration and bytes when one of these does not hold.
 * @param seed any integer; the same seed gives the same run
 */
export function fuzzCodec(seed: number, iterations: number): FuzzTally {
  const random = new Random(seed)
  const tally = { accepted: 0, refused: 0, incomplete: 0 }
  for (let iteration = 0; iteration < iterations; iteration++) {
    const input = random.below(4) === 0 ? noise(random) : damaged(random)
    const version = VERSIONS[random.below(VERSIONS.length)]!
    const fromServer = random.below(2) === 1
    try {
      tally[judge(input, version, fromServer)]++
    } catch (error) {
      const where = `seed ${seed}, iteration ${iteration}, version ${version}, ${fromServer}`
      throw new Error(`${where}: ${input.toString('hex')}`, { cause: error })
    }
  }
  return tally
}

function noise(random: Random): Buffer {
  const bytes = Buffer.alloc(random.below(64))
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.next() >>> 8
  if (bytes.length > 1 && random.below(2) === 0) bytes[1] = bytes.length - 2
  return bytes
}

/** A golden packet after a few random changes, most of them with a length that fits again. */
function damaged(random: Random): Buffer {
  let bytes = [...GOLDEN_PACKETS[random.below(GOLDEN_PACKETS.length)]!.bytes]
  for (let count = random.below(4); count > 0; count--) {
    const at = random.below(bytes.length + 1)
    const value =
      random.below(3) === 0 ? EDGE_BYTES[random.below(EDGE_BYTES.length)]! : random.below(256)
    switch (random.below(6)) {
      case 0:
        bytes.splice(at, 0, value)
        break
      case 1:
        bytes.splice(at, 1 + random.below(3))
        break
      case 2:
        bytes.splice(at, 0, ...bytes.slice(random.below(bytes.length + 1)).slice(0, 20))
        break
      case 3: {
        const other = GOLDEN_PACKETS[random.below(GOLDEN_PACKETS.length)]!.bytes
        bytes = [...bytes.slice(0, at), ...other.subarray(random.below(other.length))]
        break
      }
      default:
        if (at < bytes.length) bytes[at] = value
    }
    bytes = bytes.slice(0, INPUT_BYTES_MAX)
  }
  const body = bytes.length - 2
  if (random.below(4) > 0 && body >= 0 && body < 128) bytes[1] = body
  return Buffer.from(bytes)
}

const EDGE_BYTES = [0x00, 0x01, 0x23, 0x26, 0x2b, 0x7f, 0x80, 0xc0, 0xed, 0xf4, 0xff]

function judge(input: Buffer, version: ProtocolVersion, fromServer: boolean): keyof FuzzTally {
  const frame = new Frame()
  const status = readFrame(input, 0, input.length, INPUT_BYTES_MAX, frame, version)
  if (status === FrameStatus.INCOMPLETE) return 'incomplete'
  if (status !== FrameStatus.OK) return 'refused'
  assert.ok(frame.bodyStart >= 2 && frame.bodyEnd >= frame.bodyStart)
  assert.ok(frame.bodyEnd <= input.length)
  const before = Buffer.from(input)
  const decoded = decodePacket(input, frame, version, fromServer)
  assert.deepEqual(input, before, 'the input was changed')
  for (const filler of [0x00, 0xff]) {
    assert.deepEqual(decodeInside(input, frame, filler, version, fromServer), decoded)
  }
  if (frame.type === PacketType.PUBLISH) compareCheckers(input, frame, version, fromServer)
  if (frame.type === PacketType.CONNECT) answerVersion(input, frame.bodyStart, frame.bodyEnd)
  if (isFailure(decoded)) return 'refused'
  assert.deepEqual(encodeAndDecode(decoded, version, fromServer), decoded)
  return 'accepted'
}

/** The same packet somewhere in a larger buffer, with other bytes around it. */
function decodeInside(
  input: Buffer,
  { bodyEnd }: Frame,
  filler: number,
  version: ProtocolVersion,
  fromServer: boolean,
): unknown {
  const bytes = Buffer.alloc(bodyEnd + 2 * MARGIN_BYTES, filler)
  bytes.set(input.subarray(0, bodyEnd), MARGIN_BYTES)
  const frame = new Frame()
  const status = readFrame(bytes, MARGIN_BYTES, bytes.length, INPUT_BYTES_MAX, frame, version)
  assert.equal(status, FrameStatus.OK)
  assert.equal(frame.bodyEnd, bodyEnd + MARGIN_BYTES)
  return decodePacket(bytes, frame, version, fromServer)
}

/** The checker of the hot path and the table-driven one say the same of PUBLISH properties. */
function compareCheckers(
  input: Buffer,
  { flags, bodyStart, bodyEnd }: Frame,
  version: ProtocolVersion,
  fromServer: boolean,
): void {
  const view = new PublishView(fromServer)
  const failure = decodePublish(input, flags, bodyStart, bodyEnd, version, view)
  if (failure !== undefined) return
  const { propsStart, propsEnd } = view
  assert.equal(checkProperties(input, propsStart, propsEnd, PacketType.PUBLISH, 65_535), undefined)
  assert.ok(view.payloadStart <= view.payloadEnd && view.payloadEnd === bodyEnd)
}

function encodeAndDecode(packet: Packet, version: ProtocolVersion, fromServer: boolean): unknown {
  const w = new ByteWriter(1)
  encodePacket(w, version, packet)
  const frame = new Frame()
  const status = readFrame(w.bytes, 0, w.offset, w.offset, frame, version)
  assert.equal(status, FrameStatus.OK)
  assert.equal(frame.bodyEnd, w.offset)
  return decodePacket(w.bytes, frame, version, fromServer)
}
