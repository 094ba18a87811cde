import type { ByteWriter } from '#kernel/byte-writer.ts'
import type { DecodeFailure } from './decode-failure.ts'
import type { ConnectProperties, WillProperties } from './properties.ts'
import { USER_PROPERTIES_MAX_DEFAULT } from './properties.ts'
import type { ProtocolVersion } from './protocol-version.ts'

export interface Will {
  topic: string
  payload: Buffer
  qos: 0 | 1 | 2
  retain: boolean
  /** Empty before MQTT 5. */
  properties: WillProperties
}

export interface ConnectPacket {
  /** `MQIsdp` (3.1) or `MQTT`. */
  protocolName: string
  version: ProtocolVersion
  /** Bit 0x80 of the protocol level: the peer is a broker that bridges (a Mosquitto habit). */
  bridge: boolean
  /** Clean Session before MQTT 5. */
  cleanStart: boolean
  /** 0: no keep alive. */
  keepAliveSeconds: number
  /** May be empty. */
  clientId: string
  username?: string
  password?: Buffer
  will?: Will
  /** Empty before MQTT 5. */
  properties: ConnectProperties
}

/**
 * Version that the CONNECT body at `bodyStart` speaks, or 0 when name or level is unknown. For a
 * caller whose `decodeConnect` failed and who must know in which version to answer.
 */
export function connectVersion(
  bytes: Uint8Array,
  bodyStart: number,
  bodyEnd: number,
): ProtocolVersion | 0 {
  throw new Error(`not written yet: ${bytes} ${bodyStart} ${bodyEnd}`)
}

/**
 * Decodes the body of CONNECT (MQTT 5 §3.1, MQTT 3.1.1 §3.1, MQTT 3.1 §3.1).
 *
 * Everything returned is a copy. Unknown protocol name or level gives 0x84; the caller decides
 * what the wire gets. In 3.1.1 an empty client id without Clean Session gives 0x85. The length of
 * a 3.1 client id (1..23) and UTF-8 of a will payload that claims it are the caller's to check.
 */
export function decodeConnect(
  bytes: Uint8Array,
  bodyStart: number,
  bodyEnd: number,
  userPropertiesMax: number = USER_PROPERTIES_MAX_DEFAULT,
): ConnectPacket | DecodeFailure {
  throw new Error(`not written yet: ${bytes} ${bodyStart} ${bodyEnd} ${userPropertiesMax}`)
}

/** Writes a whole CONNECT packet. */
export function encodeConnect(w: ByteWriter, packet: ConnectPacket): void {
  throw new Error(`not written yet: ${w} ${packet}`)
}
