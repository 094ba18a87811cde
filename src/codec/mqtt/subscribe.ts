import type { ByteWriter } from '#kernel/byte-writer.ts'
import type { DecodeFailure } from './decode-failure.ts'
import type { UserProperty } from './properties.ts'
import { USER_PROPERTIES_MAX_DEFAULT } from './properties.ts'
import type { ProtocolVersion } from './protocol-version.ts'

export interface SubscribeFilter {
  /** UTF-8 checked, rules for wildcards and `$share` not: see topic.ts. */
  filter: string
  qos: 0 | 1 | 2
  /** The next three are false, false and 0 before MQTT 5. */
  noLocal: boolean
  retainAsPublished: boolean
  /** 0 send retained, 1 only if the subscription is new, 2 never. */
  retainHandling: 0 | 1 | 2
}

export interface SubscribePacket {
  packetId: number
  /** 1..268_435_455 */
  subscriptionIdentifier?: number
  userProperties: UserProperty[]
  /** At least one. */
  filters: SubscribeFilter[]
}

/**
 * Decodes the body of SUBSCRIBE (§3.8). Everything returned is a copy.
 *
 * Filters are checked for UTF-8 only, so that the caller can answer each bad one with 0x8F in
 * SUBACK: `validateTopicFilter` in topic.ts.
 */
export function decodeSubscribe(
  bytes: Uint8Array,
  bodyStart: number,
  bodyEnd: number,
  version: ProtocolVersion,
  userPropertiesMax: number = USER_PROPERTIES_MAX_DEFAULT,
): SubscribePacket | DecodeFailure {
  throw new Error(`${bytes} ${bodyStart} ${bodyEnd} ${version} ${userPropertiesMax}`)
}

/** Writes a whole SUBSCRIBE packet. */
export function encodeSubscribe(
  w: ByteWriter,
  version: ProtocolVersion,
  packet: SubscribePacket,
): void {
  throw new Error(`${w} ${version} ${packet}`)
}
