import { PacketType } from './packet-type.ts'
import { ProtocolVersion } from './protocol-version.ts'

/** Outcome of `readFrame`. */
export const FrameStatus = { OK: 0, INCOMPLETE: 1, MALFORMED: 2, TOO_LARGE: 3 } as const
export type FrameStatus = (typeof FrameStatus)[keyof typeof FrameStatus]

/** Where one packet lies in a buffer; reused for every packet. Plain fields: hot. */
export class Frame {
  /** First byte as received. */
  first = 0
  /** Upper four bits of it: a PacketType. */
  type = 0
  /** Lower four bits of it. */
  flags = 0
  /** Offset of the first byte after the fixed header. */
  bodyStart = 0
  /**
   * Offset after the last byte of the packet: where the next packet starts. Set as soon as the
   * length is known, so it says after INCOMPLETE how much is missing; 0 while it is unknown.
   */
  bodyEnd = 0
}

/** How a first byte is judged. */
const NEVER = 0
const ALWAYS = 1
const ONLY_V31 = 2
const ONLY_V5 = 3

const FIRST_BYTES = firstByteTable()

function firstByteTable(): Uint8Array {
  const table = new Uint8Array(256) // All NEVER: type 0 is forbidden, other flags are reserved.
  for (let type = PacketType.CONNECT; type <= PacketType.DISCONNECT; type++) {
    table[type << 4] = ALWAYS // [MQTT-2.1.3-1] [MQTT-3.14.1-1] [MQTT311-3.14.1-1]
  }
  table[PacketType.AUTH << 4] = ONLY_V5 // [MQTT-3.15.1-1]
  for (const type of [PacketType.PUBREL, PacketType.SUBSCRIBE, PacketType.UNSUBSCRIBE]) {
    table[type << 4] = NEVER
    table[(type << 4) | 0x02] = ALWAYS // [MQTT-3.6.1-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1]
    table[(type << 4) | 0x0a] = ONLY_V31 // 3.1 repeats these three with DUP.
  }
  for (let flags = 0; flags < 16; flags++) {
    const qos = (flags >> 1) & 3
    const dup = flags >= 8
    const bad = qos === 3 || (dup && qos === 0) // [MQTT-3.3.1-4] [MQTT-3.3.1-2]
    table[(PacketType.PUBLISH << 4) | flags] = bad ? NEVER : ALWAYS
  }
  return table
}

/**
 * Finds the packet that starts at `start` (offsets in bytes, `end` exclusive).
 *
 *     Fixed header: type (4 bits) flags (4 bits) remaining length (varint, 1..4 bytes)
 *
 * Hot path: allocates nothing and never throws; works at every split point. Checks type and flags
 * of the fixed header and the length. `MALFORMED` (answer 0x81) and `TOO_LARGE` (answer 0x95) are
 * reported as soon as the bytes that prove them are there; `out` is meaningful for OK and
 * TOO_LARGE (there `bodyEnd` may lie beyond `end`).
 * @param packetBytesMax limit for the whole packet including the fixed header, in bytes
 * @param version version of the connection once it is known: with 3.1 PUBREL, SUBSCRIBE and
 *   UNSUBSCRIBE may have DUP, with 3.x AUTH is refused, with 5 a length that is padded with
 *   continuation bytes is refused (before, some clients reserve a fixed width for it). 0: unknown
 */
export function readFrame(
  bytes: Uint8Array,
  start: number,
  end: number,
  packetBytesMax: number,
  out: Frame,
  version: ProtocolVersion | 0 = 0,
): FrameStatus {
  out.bodyEnd = 0
  if (start >= end) return FrameStatus.INCOMPLETE
  const first = bytes[start]! // In range: checked above, as the ones below.
  if (FIRST_BYTES[first] !== ALWAYS && !isFirstByteOf(first, version)) return FrameStatus.MALFORMED
  let at = start + 1
  let length = 0
  for (let shift = 0; ; shift += 7) {
    if (at >= end) return FrameStatus.INCOMPLETE
    const byte = bytes[at++]!
    length |= (byte & 0x7f) << shift
    if (byte < 0x80) {
      if (byte === 0 && shift > 0 && version === ProtocolVersion.V5) {
        return FrameStatus.MALFORMED // [MQTT-1.5.5-1]
      }
      break
    }
    if (shift === 21) return FrameStatus.MALFORMED // A fifth length byte does not exist.
  }
  out.first = first
  out.type = first >> 4
  out.flags = first & 0x0f
  out.bodyStart = at
  out.bodyEnd = at + length
  if (at + length - start > packetBytesMax) return FrameStatus.TOO_LARGE
  return at + length <= end ? FrameStatus.OK : FrameStatus.INCOMPLETE
}

function isFirstByteOf(first: number, version: ProtocolVersion | 0): boolean {
  const rule = FIRST_BYTES[first]
  if (rule === ONLY_V31) return version === ProtocolVersion.V31
  return rule === ONLY_V5 && (version === ProtocolVersion.V5 || version === 0)
}
