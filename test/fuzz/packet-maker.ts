import type { ConnectPacket, Will } from '#codec/mqtt/connect.ts'
import { encodePacket } from '#codec/mqtt/packet.ts'
import type { Packet } from '#codec/mqtt/packet.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ByteWriter } from '#kernel/byte-writer.ts'
import { GOLDEN_PACKETS } from '../golden/mqtt/table.ts'
import type { Prng } from '../simulation/engine/prng.ts'

type QoS = 0 | 1 | 2

const { V31, V311, V5 } = ProtocolVersion
/** Few names, so that clients meet each other's sessions, topics and identifiers. */
const CLIENT_IDS = ['', 'x1', 'x2', 'x3', 'x4', 'x5', 'x6', 'a client id in länge', '1'.repeat(40)]
const TOPICS = [
  'h/a',
  'h/b',
  'h/a/b/c',
  'h//',
  '/h',
  'h',
  '$delayed/1/h/a',
  '$delayed/90/h/b',
  '$SYS/brokers',
  '$own/h',
  'h/é',
  'h/'.repeat(20),
]
const FILTERS = [
  ...TOPICS,
  '#',
  'h/#',
  '+/+',
  'h/+/b/#',
  '$SYS/#',
  '$share/g/h/#',
  '$share/g/h/a',
  '$share/other/+/a',
  '$queue/h/b',
  '$exclusive/h/a',
  '$exclusive/h/b',
]
/** What is refused in the place of a topic or filter, one way or another. */
const ODD_FILTERS = ['', 'a#', '#/a', 'a+', '$share/g', '$share//a', '$share/+/a', '$queue/', '\0']
const PAYLOAD_BYTES = [0, 1, 20, 31, 32, 33, 200, 1_500]
const EXPIRIES = [0, 0, 1, 60, 3_600, 0xffffffff]
const PACKET_IDS_MAX = 8
const EDGE_BYTES = [0x00, 0x01, 0x23, 0x24, 0x2b, 0x2f, 0x7f, 0x80, 0xc0, 0xed, 0xf4, 0xff]
const NOISE_BYTES_MAX = 80

/** Makes what hostile clients send: packets that are right, nearly right, and wrong. */
export class PacketMaker {
  readonly #prng: Prng

  constructor(prng: Prng) {
    this.#prng = prng
  }

  version(): ProtocolVersion {
    return this.#prng.weighted([
      [1, V31],
      [3, V311],
      [6, V5],
    ])
  }

  /** CONNECT as the standards want it. */
  connect(version: ProtocolVersion): Packet & ConnectPacket {
    const prng = this.#prng
    const clientId = prng.pick(CLIENT_IDS)
    const needsName = clientId === '' && version !== V5
    const properties = version === V5 ? this.#connectProperties() : {}
    return {
      type: PacketType.CONNECT,
      protocolName: version === V31 ? 'MQIsdp' : 'MQTT',
      version,
      bridge: version !== V5 && prng.chance(0.05),
      cleanStart: needsName || prng.chance(0.4),
      keepAliveSeconds: prng.pick([0, 0, 1, 5, 600]),
      clientId: version === V31 ? clientId.slice(0, 23) || 'x1' : clientId,
      ...(prng.chance(0.3) && { username: 'somebody' }),
      ...(prng.chance(0.3) && { will: this.#will(version) }),
      properties,
    }
  }

  /** A packet that a connected client may send, with identifiers that may be in use. */
  request(version: ProtocolVersion): Packet {
    const prng = this.#prng
    const packetId = prng.between(1, PACKET_IDS_MAX)
    const userProperties = version === V5 && prng.chance(0.1) ? userProperty() : []
    switch (prng.below(version === V5 ? 11 : 10)) {
      case 0:
      case 1:
        return {
          type: PacketType.SUBSCRIBE,
          packetId,
          userProperties,
          ...(version === V5 &&
            prng.chance(0.2) && { subscriptionIdentifier: prng.between(1, 300) }),
          filters: Array.from({ length: prng.between(1, 3) }, () => this.#filter(version)),
        }
      case 2:
        return {
          type: PacketType.UNSUBSCRIBE,
          packetId,
          userProperties,
          filters: Array.from({ length: prng.between(1, 3) }, () => prng.pick(FILTERS)),
        }
      case 3:
        return { type: PacketType.PINGREQ }
      case 4: {
        const type = prng.pick([
          PacketType.PUBACK,
          PacketType.PUBREC,
          PacketType.PUBREL,
          PacketType.PUBREL,
          PacketType.PUBCOMP,
        ])
        return { type, packetId, reason: this.#ackReason(version, type), properties: {} }
      }
      case 10:
        return prng.chance(0.3)
          ? { type: PacketType.DISCONNECT, ...this.#disconnect(version) }
          : { type: PacketType.PINGREQ }
      default:
        return this.#publish(version, packetId)
    }
  }

  /** The bytes of a packet. */
  encode(version: ProtocolVersion, packet: Packet): Buffer {
    const writer = new ByteWriter(256)
    encodePacket(writer, version, packet)
    return Buffer.from(writer.bytes.subarray(0, writer.offset))
  }

  /** Bytes after a few changes, most of them with a length that fits again. */
  damage(original: Buffer): Buffer {
    const prng = this.#prng
    let bytes = [...original]
    for (let count = prng.between(1, 3); count > 0; count--) {
      const at = prng.below(bytes.length + 1)
      const value = prng.chance(0.3) ? prng.pick(EDGE_BYTES) : prng.below(256)
      const change = prng.below(6)
      if (change === 0) bytes.splice(at, 0, value)
      else if (change === 1) bytes.splice(at, prng.between(1, 4))
      else if (change === 2) bytes = bytes.slice(0, at)
      else if (change === 3) bytes = [...bytes.slice(0, at), ...this.golden()]
      else if (at < bytes.length) bytes[at] = value
    }
    const body = bytes.length - 2
    if (body >= 0 && body < 128 && prng.chance(0.7)) bytes[1] = body
    return Buffer.from(bytes)
  }

  /** A packet of the table of the codec: of any version, good or bad, from either side. */
  golden(): Buffer {
    return Buffer.from(this.#prng.pick(GOLDEN_PACKETS).bytes)
  }

  noise(): Buffer {
    const prng = this.#prng
    return Buffer.from(
      Array.from({ length: prng.between(1, NOISE_BYTES_MAX) }, () => prng.below(256)),
    )
  }

  #connectProperties(): ConnectPacket['properties'] {
    const prng = this.#prng
    return {
      sessionExpiryIntervalSeconds: prng.pick(EXPIRIES),
      ...(prng.chance(0.3) && { receiveMaximum: prng.between(1, 4) }),
      ...(prng.chance(0.2) && { maximumPacketSizeBytes: prng.pick([1, 20, 100, 1_000]) }),
      ...(prng.chance(0.3) && { topicAliasMaximum: prng.between(0, 5) }),
      ...(prng.chance(0.2) && { requestProblemInformation: prng.chance(0.5) }),
      ...(prng.chance(0.05) && { authenticationMethod: 'unheard-of' }),
    }
  }

  #will(version: ProtocolVersion): Will {
    const prng = this.#prng
    return {
      topic: prng.pick(TOPICS),
      payload: this.#payload(),
      qos: prng.below(3) as QoS, // 0 to 2.
      retain: prng.chance(0.3),
      properties:
        version === V5 && prng.chance(0.5)
          ? { willDelayIntervalSeconds: prng.pick([0, 1, 30]), messageExpiryIntervalSeconds: 60 }
          : {},
    }
  }

  #filter(version: ProtocolVersion) {
    const prng = this.#prng
    const filter = prng.chance(0.03) ? prng.pick(ODD_FILTERS) : prng.pick(FILTERS)
    const isShared = filter.startsWith('$share') || filter.startsWith('$queue')
    return {
      filter,
      qos: prng.below(3) as QoS, // 0 to 2.
      noLocal: version === V5 && !isShared && prng.chance(0.2),
      retainAsPublished: version === V5 && prng.chance(0.3),
      retainHandling: (version === V5 ? prng.below(3) : 0) as QoS, // 0 to 2.
    }
  }

  #publish(version: ProtocolVersion, packetId: number): Packet {
    const prng = this.#prng
    const qos = prng.below(3) as QoS // 0 to 2.
    const hasAlias = version === V5 && prng.chance(0.2)
    const isOdd = prng.chance(0.02)
    return {
      type: PacketType.PUBLISH,
      topic: isOdd ? prng.pick(ODD_FILTERS) : prng.pick(TOPICS),
      qos,
      dup: qos > 0 && prng.chance(0.1),
      retain: prng.chance(0.2),
      packetId: qos === 0 ? 0 : packetId,
      payload: this.#payload(),
      properties: {
        ...(hasAlias && { topicAlias: prng.between(1, 12) }),
        ...(version === V5 && prng.chance(0.1) && { userProperties: userProperty() }),
        ...(version === V5 && prng.chance(0.1) && { messageExpiryIntervalSeconds: prng.below(4) }),
      },
    }
  }

  #payload(): Buffer {
    return Buffer.alloc(this.#prng.pick(PAYLOAD_BYTES), 'x')
  }

  #ackReason(version: ProtocolVersion, type: PacketType): number {
    const refuses = version === V5 && this.#prng.chance(0.2)
    if (!refuses) return 0
    return type === PacketType.PUBREL || type === PacketType.PUBCOMP ? 0x92 : 0x80
  }

  #disconnect(version: ProtocolVersion) {
    const expires = version === V5 && this.#prng.chance(0.3)
    return {
      reason: version === V5 && this.#prng.chance(0.4) ? 0x04 : 0,
      properties: expires ? { sessionExpiryIntervalSeconds: this.#prng.pick(EXPIRIES) } : {},
    }
  }
}

function userProperty(): [string, string][] {
  return [['name', 'value']]
}
