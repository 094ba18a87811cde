import type { ByteWriter } from '#kernel/byte-writer.ts'
import type { DecodeFailure } from './decode-failure.ts'
import type { AckProperties } from './properties.ts'
import type { ProtocolVersion } from './protocol-version.ts'

export interface SubackPacket {
  packetId: number
  /** One per filter of the SUBSCRIBE, in its order [MQTT-3.9.3-1]. */
  reasons: number[]
  /** Empty before MQTT 5. */
  properties: AckProperties
}

/** Decodes the body of SUBACK (§3.9). */
export function decodeSuback(
  bytes: Uint8Array,
  bodyStart: number,
  bodyEnd: number,
  version: ProtocolVersion,
): SubackPacket | DecodeFailure {
  throw new Error(`${bytes} ${bodyStart} ${bodyEnd} ${version}`)
}

/**
 * Writes a SUBACK. In 3.x every reason of 0x80 and above becomes 0x80.
 * @param packetBytesMax see `encodeAck`
 */
export function encodeSuback(
  w: ByteWriter,
  version: ProtocolVersion,
  packetId: number,
  reasons: readonly number[],
  properties?: AckProperties,
  packetBytesMax?: number,
): void {
  throw new Error(`${w} ${version} ${packetId} ${reasons} ${properties} ${packetBytesMax}`)
}
