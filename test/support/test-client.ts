import assert from 'node:assert/strict'
import { encodeAck } from '#codec/mqtt/ack.ts'
import type { AckType } from '#codec/mqtt/ack.ts'
import { encodeConnect } from '#codec/mqtt/connect.ts'
import type { Will } from '#codec/mqtt/connect.ts'
import { encodeDisconnect } from '#codec/mqtt/disconnect.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { encodePingreq } from '#codec/mqtt/ping.ts'
import type { ConnectProperties, PublishProperties } from '#codec/mqtt/properties.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { encodePublish, encodePublishProperties, publishFirstByte } from '#codec/mqtt/publish.ts'
import { encodeSubscribe } from '#codec/mqtt/subscribe.ts'
import { encodeUnsubscribe } from '#codec/mqtt/unsubscribe.ts'
import type { Wire, WireInfo } from '#broker/ports.ts'
import type { HeldBytes } from '#kernel/block-pool.ts'
import type { Connection } from '#broker/session/connection.ts'
import { ByteWriter } from '#kernel/byte-writer.ts'
import { bytesOf } from '../golden/mqtt/golden.ts'
import { LentBytes } from './lent-bytes.ts'
import { readServerPackets } from './server-packets.ts'
import type { ServerPacket } from './server-packets.ts'

/** What a client needs of the world it lives in. */
export interface ClientWorld {
  settle(): void
  later(action: () => void): void
}

export interface ConnectOptions {
  readonly clientId?: string
  readonly version?: ProtocolVersion
  readonly cleanStart?: boolean
  readonly keepAliveSeconds?: number
  readonly username?: string
  readonly password?: string
  readonly will?: Will
  readonly properties?: ConnectProperties
  /** Sets the bit of a bridge in the protocol level. */
  readonly bridge?: boolean
  /** Shard that accepts the connection; default: one after the other. */
  readonly shard?: number
  /** Mountpoint of its listener. */
  readonly mountpoint?: string
  readonly info?: Partial<WireInfo>
  /** False: the test answers PUBLISH, PUBREC and PUBREL itself. Default true. */
  readonly autoAck?: boolean
}

export interface PublishOptions {
  readonly qos?: 0 | 1 | 2
  readonly retain?: boolean
  readonly dup?: boolean
  readonly packetId?: number
  readonly properties?: PublishProperties
}

export interface SubscribeOptions {
  readonly qos?: 0 | 1 | 2
  readonly noLocal?: boolean
  readonly retainAsPublished?: boolean
  readonly retainHandling?: 0 | 1 | 2
  readonly subscriptionIdentifier?: number
}

/** The network under a test client: keeps what the broker writes, and can stall. */
class TestWire implements Wire {
  readonly info: WireInfo
  readonly #received: (bytes: Buffer) => void
  readonly #closed: () => void
  readonly #held: Buffer[]
  stalled: boolean
  bufferedBytes: number
  paused: boolean
  /** What the broker is receiving. */
  lent: LentBytes | undefined

  constructor(info: WireInfo, received: (bytes: Buffer) => void, closed: () => void) {
    this.info = info
    this.#received = received
    this.#closed = closed
    this.#held = []
    this.stalled = false
    this.bufferedBytes = 0
    this.paused = false
    this.lent = undefined
  }

  holdReceived(): HeldBytes | undefined {
    return this.lent?.hold()
  }

  write(chunks: readonly Buffer[], totalBytes: number): boolean {
    if (this.stalled) {
      this.#held.push(...chunks)
      this.bufferedBytes += totalBytes
      return false
    }
    this.#received(Buffer.concat(chunks))
    return true
  }

  /** The peer reads again: everything held arrives. */
  release(): void {
    this.stalled = false
    const held = Buffer.concat(this.#held.splice(0))
    this.bufferedBytes = 0
    this.#received(held)
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  end(): void {
    this.#closed()
  }

  destroy(): void {
    this.#closed()
  }
}

/**
 * A client for tests: sends packets (or any bytes), decodes what comes back, and acknowledges
 * what it receives unless told not to. Every call returns after the broker has come to rest.
 */
export class TestClient {
  readonly world: ClientWorld
  readonly options: ConnectOptions & { readonly clientId: string }
  readonly version: ProtocolVersion
  readonly wire: TestWire
  /** Everything received, in order. */
  readonly packets: ServerPacket[]
  /** The broker closed the connection. */
  closed: boolean
  #connection: Connection | undefined
  #rest: Buffer
  #nextPacketId: number
  #outbox: Buffer[]

  constructor(world: ClientWorld, options: ConnectOptions & { readonly clientId: string }) {
    this.world = world
    this.options = options
    this.version = options.version ?? ProtocolVersion.V5
    this.packets = []
    this.closed = false
    this.#connection = undefined
    this.#rest = Buffer.alloc(0)
    this.#nextPacketId = 1
    this.#outbox = []
    const info: WireInfo = {
      listener: 'tcp:default',
      transport: 'tcp',
      peerHost: '127.0.0.1',
      peerPort: 50_000,
      localPort: 1883,
      ...options.info,
    }
    this.wire = new TestWire(
      info,
      (bytes) => this.#receive(bytes),
      () => {
        this.closed = true
      },
    )
  }

  get clientId(): string {
    return this.options.clientId
  }

  attach(connection: Connection): void {
    this.#connection = connection
  }

  /** Sends CONNECT and returns CONNACK; fails unless the broker accepts. */
  connect(): ServerPacket {
    const connack = this.tryConnect()
    assert.equal(connack?.type, PacketType.CONNACK, 'CONNACK comes first')
    assert.equal(connack.reason, 0, `the broker accepts ${this.clientId}`)
    return connack
  }

  /** Sends CONNECT and returns what came back first, if anything. */
  tryConnect(): ServerPacket | undefined {
    const before = this.packets.length
    this.sendBytes(this.connectBytes())
    return this.packets[before]
  }

  /** The CONNECT packet of this client. */
  connectBytes(): Buffer {
    const { options } = this
    return encoded((w) =>
      encodeConnect(w, {
        protocolName: this.version === ProtocolVersion.V31 ? 'MQIsdp' : 'MQTT',
        version: this.version,
        bridge: options.bridge ?? false,
        cleanStart: options.cleanStart ?? true,
        keepAliveSeconds: options.keepAliveSeconds ?? 0,
        clientId: options.clientId,
        ...(options.username !== undefined && { username: options.username }),
        ...(options.password !== undefined && { password: Buffer.from(options.password) }),
        ...(options.will !== undefined && { will: options.will }),
        properties: options.properties ?? {},
      }),
    )
  }

  /** Subscribes and returns the reason codes; retained messages have arrived as well. */
  subscribe(filters: string | readonly string[], options: SubscribeOptions = {}): number[] {
    const list = typeof filters === 'string' ? [filters] : filters
    const packetId = this.takePacketId()
    const { subscriptionIdentifier } = options
    this.#encode((w) =>
      encodeSubscribe(w, this.version, {
        packetId,
        ...(subscriptionIdentifier !== undefined && { subscriptionIdentifier }),
        userProperties: [],
        filters: list.map((filter) => ({
          filter,
          qos: options.qos ?? 0,
          noLocal: options.noLocal ?? false,
          retainAsPublished: options.retainAsPublished ?? false,
          retainHandling: options.retainHandling ?? 0,
        })),
      }),
    )
    const suback = this.take(PacketType.SUBACK)
    assert.equal(suback.packetId, packetId)
    return [...suback.reasons]
  }

  unsubscribe(filters: string | readonly string[]): number[] {
    const packetId = this.takePacketId()
    const list = typeof filters === 'string' ? [filters] : [...filters]
    this.#encode((w) =>
      encodeUnsubscribe(w, this.version, { packetId, userProperties: [], filters: list }),
    )
    const unsuback = this.take(PacketType.UNSUBACK)
    assert.equal(unsuback.packetId, packetId)
    return [...unsuback.reasons]
  }

  /** Sends a PUBLISH; returns its packet identifier (0 for QoS 0). */
  publish(topic: string, payload: string | Buffer, options: PublishOptions = {}): number {
    const qos = options.qos ?? 0
    const packetId = qos === 0 ? 0 : (options.packetId ?? this.takePacketId())
    this.sendBytes(this.publishBytes(topic, payload, { ...options, packetId }))
    return packetId
  }

  /** The PUBLISH packet that `publish` sends; `packetId` is needed with QoS 1 and 2. */
  publishBytes(topic: string, payload: string | Buffer, options: PublishOptions = {}): Buffer {
    const { qos = 0, packetId = 0 } = options
    const { topicAlias, ...properties } = options.properties ?? {}
    const { messageExpiryIntervalSeconds, ...forwarded } = properties
    return encoded((w) =>
      encodePublish(
        w,
        this.version,
        publishFirstByte(qos, options.retain ?? false, options.dup ?? false),
        Buffer.from(topic),
        packetId,
        encodePublishProperties(forwarded),
        messageExpiryIntervalSeconds ?? -1,
        topicAlias ?? 0,
        undefined,
        Buffer.from(payload),
      ),
    )
  }

  /** Sends an acknowledgement. */
  ack(type: AckType, packetId: number, reason = 0): void {
    this.#encode((w) => encodeAck(w, type, this.version, packetId, reason))
  }

  ping(): void {
    this.#encode((w) => encodePingreq(w))
  }

  /** Sends DISCONNECT and goes. */
  disconnect(reason = 0, sessionExpiryIntervalSeconds?: number): void {
    const properties =
      sessionExpiryIntervalSeconds === undefined ? {} : { sessionExpiryIntervalSeconds }
    this.#encode((w) => encodeDisconnect(w, this.version, reason, properties))
    this.drop()
  }

  /** The network connection breaks. */
  drop(): void {
    this.#connection?.ended()
    this.world.settle()
  }

  /** Sends a packet in the notation of the golden table. */
  send(notation: string): void {
    this.sendBytes(bytesOf(notation))
  }

  /** Has bytes sent when the world goes on: together with what others send then. */
  sendLater(bytes: Buffer): void {
    this.world.later(() => this.#connection?.receive(Buffer.from(bytes)))
  }

  /** Sends any bytes. */
  sendBytes(bytes: Buffer): void {
    // The broker must not keep the buffer: it is overwritten after the call.
    const lent = new LentBytes(bytes)
    this.wire.lent = lent
    this.#connection?.receive(lent.bytes)
    this.wire.lent = undefined
    lent.end()
    this.world.settle()
  }

  /** The peer reads again after `wire.stalled = true`. */
  readAgain(): void {
    this.wire.release()
    this.#connection?.drained()
    this.world.settle()
  }

  /** Removes and returns the first packet of a type; fails when there is none. */
  take(type: number): ServerPacket {
    const index = this.packets.findIndex((packet) => packet.type === type)
    const seen = this.packets.map((packet) => `${packet.type}(${packet.reason})`).join(' ')
    assert.ok(index >= 0, `a packet of type ${type} has come; there are: ${seen}`)
    return this.packets.splice(index, 1)[0]!
  }

  /** Removes and returns all PUBLISH packets received. */
  messages(): ServerPacket[] {
    const messages = this.packets.filter((packet) => packet.type === PacketType.PUBLISH)
    const others = this.packets.filter((packet) => packet.type !== PacketType.PUBLISH)
    this.packets.splice(0, this.packets.length, ...others)
    return messages
  }

  /** Payloads of all PUBLISH packets received since the last call. */
  payloads(): string[] {
    return this.messages().map((message) => message.payload)
  }

  takePacketId(): number {
    const packetId = this.#nextPacketId
    this.#nextPacketId = packetId === 65_535 ? 1 : packetId + 1
    return packetId
  }

  #encode(write: (w: ByteWriter) => void): void {
    this.sendBytes(encoded(write))
  }

  #receive(bytes: Buffer): void {
    const { packets, rest } = readServerPackets(Buffer.concat([this.#rest, bytes]), this.version)
    this.#rest = rest
    for (const packet of packets) {
      this.packets.push(packet)
      if (this.options.autoAck !== false) this.#answer(packet)
    }
    this.#sendAnswers()
  }

  #answer(packet: ServerPacket): void {
    const type = answerTo(packet)
    if (type === undefined) return
    const writer = new ByteWriter(8)
    encodeAck(writer, type, this.version, packet.packetId, 0)
    this.#outbox.push(writer.bytes.subarray(0, writer.offset))
  }

  /** Answers reach the broker after the tick in which it wrote, as on a real network. */
  #sendAnswers(): void {
    if (this.#outbox.length === 0) return
    const bytes = Buffer.concat(this.#outbox.splice(0))
    this.world.later(() => {
      if (!this.closed) this.#connection?.receive(bytes)
    })
  }
}

function encoded(write: (w: ByteWriter) => void): Buffer {
  const writer = new ByteWriter(256)
  write(writer)
  return writer.bytes.subarray(0, writer.offset)
}

function answerTo(packet: ServerPacket): AckType | undefined {
  if (packet.type === PacketType.PUBLISH && packet.qos === 1) return PacketType.PUBACK
  if (packet.type === PacketType.PUBLISH && packet.qos === 2) return PacketType.PUBREC
  if (packet.type === PacketType.PUBREC && packet.reason < 0x80) return PacketType.PUBREL
  if (packet.type === PacketType.PUBREL) return PacketType.PUBCOMP
  return undefined
}
