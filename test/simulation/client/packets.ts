import { encodeAck } from '#codec/mqtt/ack.ts'
import type { AckType } from '#codec/mqtt/ack.ts'
import { encodeConnect } from '#codec/mqtt/connect.ts'
import type { Will } from '#codec/mqtt/connect.ts'
import { encodeDisconnect } from '#codec/mqtt/disconnect.ts'
import { encodePingreq } from '#codec/mqtt/ping.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { encodePublish, publishFirstByte } from '#codec/mqtt/publish.ts'
import { encodeSubscribe } from '#codec/mqtt/subscribe.ts'
import type { SubscribeFilter } from '#codec/mqtt/subscribe.ts'
import { encodeUnsubscribe } from '#codec/mqtt/unsubscribe.ts'
import { ByteWriter } from '#kernel/byte-writer.ts'
import type { DeviceTraits } from './traits.ts'

const NOTHING = Buffer.alloc(0)

function encoded(write: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter(64)
  write(writer)
  return writer.bytes.subarray(0, writer.offset)
}

export function connectPacket(
  traits: DeviceTraits,
  cleanStart: boolean,
  expirySeconds: number,
  will: Will | undefined,
): Buffer {
  const { version, clientId, keepAliveSeconds } = traits
  return encoded((writer) =>
    encodeConnect(writer, {
      protocolName: version === ProtocolVersion.V31 ? 'MQIsdp' : 'MQTT',
      version,
      bridge: false,
      cleanStart,
      keepAliveSeconds,
      clientId,
      ...(will !== undefined && { will }),
      properties:
        version === ProtocolVersion.V5
          ? {
              sessionExpiryIntervalSeconds: expirySeconds,
              receiveMaximum: traits.receiveMaximum,
              topicAliasMaximum: traits.topicAliasMaximum,
            }
          : {},
    }),
  )
}

export function publishPacket(
  version: ProtocolVersion,
  topic: string,
  qos: number,
  retain: boolean,
  dup: boolean,
  packetId: number,
  topicAlias: number,
  payload: Buffer,
): Buffer {
  return encoded((writer) =>
    encodePublish(
      writer,
      version,
      publishFirstByte(qos, retain, dup),
      Buffer.from(topic),
      packetId,
      NOTHING,
      -1,
      topicAlias,
      undefined,
      payload,
    ),
  )
}

export function ackPacket(version: ProtocolVersion, type: AckType, packetId: number): Buffer {
  return encoded((writer) => encodeAck(writer, type, version, packetId, 0))
}

export function subscribePacket(
  version: ProtocolVersion,
  packetId: number,
  filters: SubscribeFilter[],
): Buffer {
  return encoded((writer) =>
    encodeSubscribe(writer, version, { packetId, userProperties: [], filters }),
  )
}

export function unsubscribePacket(
  version: ProtocolVersion,
  packetId: number,
  filters: string[],
): Buffer {
  return encoded((writer) =>
    encodeUnsubscribe(writer, version, { packetId, userProperties: [], filters }),
  )
}

export function pingPacket(): Buffer {
  return encoded((writer) => encodePingreq(writer))
}

export function disconnectPacket(version: ProtocolVersion, reason: number): Buffer {
  return encoded((writer) => encodeDisconnect(writer, version, reason, {}))
}
