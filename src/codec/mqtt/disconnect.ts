import type { ByteWriter } from '#kernel/byte-writer.ts'
import type { DecodeFailure } from './decode-failure.ts'
import type { DisconnectProperties } from './properties.ts'
import { USER_PROPERTIES_MAX_DEFAULT } from './properties.ts'
import type { ProtocolVersion } from './protocol-version.ts'

export interface DisconnectPacket {
  /** 0 before MQTT 5 and when left out. */
  reason: number
  /** Empty before MQTT 5. */
  properties: DisconnectProperties
}

/**
 * Decodes the body of DISCONNECT (§3.14). Everything returned is a copy.
 * @param fromServer the packet comes from a server (client, bridge): other reasons are allowed,
 *   and no session expiry [MQTT-3.14.2-2]
 */
export function decodeDisconnect(
  bytes: Uint8Array,
  bodyStart: number,
  bodyEnd: number,
  version: ProtocolVersion,
  fromServer: boolean = false,
  userPropertiesMax: number = USER_PROPERTIES_MAX_DEFAULT,
): DisconnectPacket | DecodeFailure {
  throw new Error(`${bytes} ${bodyStart} ${bodyEnd} ${version} ${fromServer} ${userPropertiesMax}`)
}

/**
 * Writes a DISCONNECT. In 3.x only a client sends one, and it has no body.
 * @param packetBytesMax see `encodeAck`
 */
export function encodeDisconnect(
  w: ByteWriter,
  version: ProtocolVersion,
  reason: number,
  properties?: DisconnectProperties,
  packetBytesMax?: number,
): void {
  throw new Error(`${w} ${version} ${reason} ${properties} ${packetBytesMax}`)
}
