import type { ByteWriter } from '#kernel/byte-writer.ts'
import type { DecodeFailure } from './decode-failure.ts'
import type { AuthProperties } from './properties.ts'
import { USER_PROPERTIES_MAX_DEFAULT } from './properties.ts'

export interface AuthPacket {
  /** 0x00, 0x18 or 0x19. */
  reason: number
  properties: AuthProperties
}

/** Decodes the body of AUTH (§3.15, MQTT 5 only). Everything returned is a copy. */
export function decodeAuth(
  bytes: Uint8Array,
  bodyStart: number,
  bodyEnd: number,
  userPropertiesMax: number = USER_PROPERTIES_MAX_DEFAULT,
): AuthPacket | DecodeFailure {
  throw new Error(`${bytes} ${bodyStart} ${bodyEnd} ${userPropertiesMax}`)
}

/**
 * Writes an AUTH.
 * @param packetBytesMax see `encodeAck`
 */
export function encodeAuth(
  w: ByteWriter,
  reason: number,
  properties: AuthProperties,
  packetBytesMax?: number,
): void {
  throw new Error(`${w} ${reason} ${properties} ${packetBytesMax}`)
}
