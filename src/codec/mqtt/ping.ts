import type { ByteWriter } from '#kernel/byte-writer.ts'
import type { DecodeFailure } from './decode-failure.ts'

/** Checks that the body of PINGREQ or PINGRESP is empty (§3.12, §3.13). */
export function decodePing(bodyStart: number, bodyEnd: number): DecodeFailure | undefined {
  throw new Error(`${bodyStart} ${bodyEnd}`)
}

/** Writes PINGREQ. */
export function encodePingreq(w: ByteWriter): void {
  throw new Error(`${w}`)
}

/** Writes PINGRESP. */
export function encodePingresp(w: ByteWriter): void {
  throw new Error(`${w}`)
}
