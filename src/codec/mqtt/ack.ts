import type { ByteWriter } from '#kernel/byte-writer.ts'
import type { DecodeFailure } from './decode-failure.ts'
import type { AckProperties, UserProperty } from './properties.ts'
import { USER_PROPERTIES_MAX_DEFAULT } from './properties.ts'
import type { ProtocolVersion } from './protocol-version.ts'

/** PUBACK 4, PUBREC 5, PUBREL 6 or PUBCOMP 7. */
export type AckType = 4 | 5 | 6 | 7

/** What `decodeAck` found; reused. Plain fields: hot. */
export class AckView {
  packetId = 0
  /** 0 in 3.x and when the packet leaves it out. */
  reason = 0
  /** Content of the property section, validated; equal when there is none. */
  propsStart = 0
  propsEnd = 0
}

/**
 * Decodes the body of PUBACK, PUBREC, PUBREL or PUBCOMP (§3.4 - 3.7) into `view`. Hot path:
 * allocates nothing, never throws.
 */
export function decodeAck(
  bytes: Uint8Array,
  type: AckType,
  bodyStart: number,
  bodyEnd: number,
  version: ProtocolVersion,
  view: AckView,
  userPropertiesMax: number = USER_PROPERTIES_MAX_DEFAULT,
): DecodeFailure | undefined {
  throw new Error(`${bytes} ${type} ${bodyStart} ${bodyEnd} ${version} ${view} ${userPropertiesMax}`)
}

/** Properties of a decoded acknowledgement as a plain object. */
export function decodeAckProperties(bytes: Uint8Array, view: AckView): AckProperties {
  throw new Error(`${bytes} ${view}`)
}

/**
 * Writes PUBACK, PUBREC, PUBREL or PUBCOMP: without a reason when it is 0 and nothing follows,
 * without a property section when there are no properties. In 3.x only the packet identifier.
 * @param packetBytesMax the peer's maximum packet size; the reason string, then the user
 *   properties are left out when the packet would be larger [MQTT-3.4.2-2] [MQTT-3.4.2-3]
 */
export function encodeAck(
  w: ByteWriter,
  type: AckType,
  version: ProtocolVersion,
  packetId: number,
  reason: number,
  reasonString?: string,
  userProperties?: readonly UserProperty[],
  packetBytesMax?: number,
): void {
  throw new Error(
    `${w} ${type} ${version} ${packetId} ${reason} ${reasonString} ${userProperties}` +
      `${packetBytesMax}`,
  )
}
