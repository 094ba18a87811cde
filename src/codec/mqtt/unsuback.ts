import type { ByteWriter } from '#kernel/byte-writer.ts'
import type { DecodeFailure } from './decode-failure.ts'
import type { AckProperties } from './properties.ts'
import type { ProtocolVersion } from './protocol-version.ts'

export interface UnsubackPacket {
  packetId: number
  /** One per filter of the UNSUBSCRIBE, in its order; empty before MQTT 5. */
  reasons: number[]
  /** Empty before MQTT 5. */
  properties: AckProperties
}

/** Decodes the body of UNSUBACK (§3.11). */
export function decodeUnsuback(
  bytes: Uint8Array,
  bodyStart: number,
  bodyEnd: number,
  version: ProtocolVersion,
): UnsubackPacket | DecodeFailure {
  throw new Error(`${bytes} ${bodyStart} ${bodyEnd} ${version}`)
}

/**
 * Writes an UNSUBACK; 3.x has no reasons on the wire.
 * @param packetBytesMax see `encodeAck`
 */
export function encodeUnsuback(
  w: ByteWriter,
  version: ProtocolVersion,
  packetId: number,
  reasons: readonly number[],
  properties?: AckProperties,
  packetBytesMax?: number,
): void {
  throw new Error(`${w} ${version} ${packetId} ${reasons} ${properties} ${packetBytesMax}`)
}
