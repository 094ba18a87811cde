import type { ProtocolVersion } from './protocol-version.ts'

/** Outcome of `readFrame`. */
export const FrameStatus = { OK: 0, INCOMPLETE: 1, MALFORMED: 2, TOO_LARGE: 3 } as const
export type FrameStatus = (typeof FrameStatus)[keyof typeof FrameStatus]

/** Where one packet lies in a buffer; reused for every packet of a connection. Plain fields: hot. */
export class Frame {
  /** First byte as received. */
  first = 0
  /** Upper four bits of it: a PacketType. */
  type = 0
  /** Lower four bits of it. */
  flags = 0
  /** Offset of the first byte after the fixed header. */
  bodyStart = 0
  /** Offset after the last byte of the packet: where the next packet starts. */
  bodyEnd = 0
}

/**
 * Finds the packet that starts at `start` (offsets in bytes, `end` exclusive).
 *
 * Allocates nothing and never throws; works at every split point. Checks the type, the flags of
 * the fixed header and the length. `MALFORMED` (answer 0x81) and `TOO_LARGE` (answer 0x95) are
 * reported as soon as the bytes that prove them are there; `out` is meaningful for OK and
 * TOO_LARGE (there `bodyEnd` lies beyond `end`).
 * @param packetBytesMax limit for the whole packet including the fixed header, in bytes
 * @param version version of the connection once it is known: 3.1 may set DUP on PUBREL, SUBSCRIBE
 *   and UNSUBSCRIBE, 3.x has no AUTH, 5 refuses a padded length; 0 (not known yet) is lenient in
 *   these three
 */
export function readFrame(
  bytes: Uint8Array,
  start: number,
  end: number,
  packetBytesMax: number,
  out: Frame,
  version: ProtocolVersion | 0 = 0,
): FrameStatus {
  throw new Error(`not written yet: ${bytes} ${start} ${end} ${packetBytesMax} ${out} ${version}`)
}
