import type { ByteWriter } from '#kernel/byte-writer.ts'
import type { DecodeFailure } from './decode-failure.ts'
import type { ConnackProperties } from './properties.ts'
import type { ProtocolVersion } from './protocol-version.ts'
import type { ReasonCode } from './reason-codes.ts'

export interface ConnackPacket {
  sessionPresent: boolean
  /** Return codes 1..5 of 3.1 and 3.1.1 are given as 0x84, 0x85, 0x88, 0x86 and 0x87. */
  reason: ReasonCode
  /** Empty before MQTT 5. */
  properties: ConnackProperties
}

/** Decodes the body of CONNACK (§3.2). Everything returned is a copy. */
export function decodeConnack(
  bytes: Uint8Array,
  bodyStart: number,
  bodyEnd: number,
  version: ProtocolVersion,
): ConnackPacket | DecodeFailure {
  throw new Error(`not written yet: ${bytes} ${bodyStart} ${bodyEnd} ${version}`)
}

/**
 * Writes a CONNACK. `reason` is a code of MQTT 5 in all versions.
 *
 * @param packetBytesMax what the client said it accepts: reason string, then user properties are
 *   left out when the packet would be larger [MQTT-3.2.2-19] [MQTT-3.2.2-20]
 * @returns false, with nothing written, when the version is 3.x and `connackV3Code(reason)` is -1
 */
export function encodeConnack(
  w: ByteWriter,
  version: ProtocolVersion,
  sessionPresent: boolean,
  reason: ReasonCode,
  properties?: ConnackProperties,
  packetBytesMax?: number,
): boolean {
  throw new Error(`${w} ${version} ${sessionPresent} ${reason} ${properties} ${packetBytesMax}`)
}
