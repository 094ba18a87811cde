import type { ByteWriter } from '#kernel/byte-writer.ts'
import type { DecodeFailure } from './decode-failure.ts'
import { PacketType } from './packet-type.ts'
import { beginPacket } from './put.ts'
import { TRAILING } from './reader.ts'

/** Checks that the body of PINGREQ or PINGRESP is empty (§3.12, §3.13). */
export function decodePing(bodyStart: number, bodyEnd: number): DecodeFailure | undefined {
  return bodyStart === bodyEnd ? undefined : TRAILING
}

/** Writes PINGREQ: a fixed header and nothing else. */
export function encodePingreq(w: ByteWriter): void {
  beginPacket(w, PacketType.PINGREQ << 4, 0)
}

/** Writes PINGRESP: a fixed header and nothing else. */
export function encodePingresp(w: ByteWriter): void {
  beginPacket(w, PacketType.PINGRESP << 4, 0)
}
