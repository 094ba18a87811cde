import type { ByteWriter } from '#kernel/byte-writer.ts'
import type { DecodeFailure } from './decode-failure.ts'
import type { UserProperty } from './properties.ts'
import { USER_PROPERTIES_MAX_DEFAULT } from './properties.ts'
import type { ProtocolVersion } from './protocol-version.ts'

export interface UnsubscribePacket {
  packetId: number
  userProperties: UserProperty[]
  /** At least one; UTF-8 checked, other rules of filters not. */
  filters: string[]
}

/** Decodes the body of UNSUBSCRIBE (§3.10). Everything returned is a copy. */
export function decodeUnsubscribe(
  bytes: Uint8Array,
  bodyStart: number,
  bodyEnd: number,
  version: ProtocolVersion,
  userPropertiesMax: number = USER_PROPERTIES_MAX_DEFAULT,
): UnsubscribePacket | DecodeFailure {
  throw new Error(`${bytes} ${bodyStart} ${bodyEnd} ${version} ${userPropertiesMax}`)
}

/** Writes a whole UNSUBSCRIBE packet. */
export function encodeUnsubscribe(
  w: ByteWriter,
  version: ProtocolVersion,
  packet: UnsubscribePacket,
): void {
  throw new Error(`${w} ${version} ${packet}`)
}
