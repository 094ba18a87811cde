import { encodePacket, type Packet } from '#codec/mqtt/packet.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ByteWriter } from '#kernel/byte-writer.ts'

/** The bytes of a packet. */
export function packetBytes(version: ProtocolVersion, packet: Packet): Buffer {
  const writer = new ByteWriter(256)
  encodePacket(writer, version, packet)
  return Buffer.from(writer.bytes.subarray(0, writer.offset))
}

/** The bytes of a CONNECT for a session that ends with the connection. */
export function connectBytes(
  clientId: string,
  version: ProtocolVersion = ProtocolVersion.V5,
  keepAliveSeconds = 0,
): Buffer {
  return packetBytes(version, {
    type: PacketType.CONNECT,
    protocolName: version === ProtocolVersion.V31 ? 'MQIsdp' : 'MQTT',
    version,
    bridge: false,
    cleanStart: true,
    keepAliveSeconds,
    clientId,
    properties: {},
  })
}
