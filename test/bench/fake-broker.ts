/** A broker for the tests of the load generator: it can be told to do everything wrong. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { matchesFilter } from '#broker/topics/filter-match.ts'
import { isFailure } from '#codec/mqtt/decode-failure.ts'
import { Frame, FrameStatus, readFrame } from '#codec/mqtt/frame.ts'
import { decodePacket, encodePacket, type Packet, type PublishPacket } from '#codec/mqtt/packet.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { ByteWriter } from '#kernel/byte-writer.ts'

/** What is done with a delivery, the first of all being number 0. */
export type Fate = 'once' | 'twice' | 'never' | 'after-next'

export interface Behaviour {
  readonly fate?: (delivery: number) => Fate
  readonly connackReason?: ReasonCode
  readonly subackReason?: number
  /** Accept the connection and say nothing. */
  readonly silent?: boolean
  /** Answer of a PUBACK or PUBREC. */
  readonly ackReason?: number
  /** Cut the connection of a publisher after so many messages. */
  readonly cutAfter?: number
  readonly receiveMaximum?: number
  /** Acknowledge later than in the same step. */
  readonly acksLater?: boolean
}

interface Client {
  readonly socket: Socket
  version: ProtocolVersion
  rest: Buffer
  readonly filters: { filter: string; qos: number }[]
  nextPacketId: number
  published: number
  underWay: number
  /** A delivery that waits for the next one. */
  delayed: PublishPacket | undefined
}

export class FakeBroker {
  /** Every packet received. */
  readonly packets: Packet[] = []
  readonly retained = new Map<string, PublishPacket>()
  /** Most messages of one publisher that were not acknowledged. */
  underWayMax = 0
  readonly #server: Server
  readonly #clients = new Set<Client>()
  readonly #behaviour: Behaviour
  #deliveries = 0

  private constructor(server: Server, behaviour: Behaviour) {
    this.#server = server
    this.#behaviour = behaviour
    server.on('connection', (socket) => this.#accept(socket))
  }

  static async start(behaviour: Behaviour = {}): Promise<FakeBroker> {
    const server = createServer({ noDelay: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new FakeBroker(server, behaviour)
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  packetsOf<T extends PacketType>(type: T): Extract<Packet, { type: T }>[] {
    return this.packets.filter((packet): packet is Extract<Packet, { type: T }> => {
      return packet.type === type
    })
  }

  async stop(): Promise<void> {
    this.#server.close()
    for (const { socket } of this.#clients) socket.destroy()
    await once(this.#server, 'close')
  }

  #accept(socket: Socket): void {
    const client: Client = {
      socket,
      version: ProtocolVersion.V5,
      rest: Buffer.alloc(0),
      filters: [],
      nextPacketId: 1,
      published: 0,
      underWay: 0,
      delayed: undefined,
    }
    this.#clients.add(client)
    socket.on('error', () => {})
    socket.on('close', () => this.#clients.delete(client))
    if (!this.#behaviour.silent) socket.on('data', (bytes: Buffer) => this.#receive(client, bytes))
  }

  #receive(client: Client, bytes: Buffer): void {
    const all = Buffer.concat([client.rest, bytes])
    const frame = new Frame()
    let at = 0
    while (readFrame(all, at, all.length, 1_000_000, frame) === FrameStatus.OK) {
      const packet = decodePacket(all, frame, client.version, false)
      if (isFailure(packet)) throw new Error(packet.detail)
      at = frame.bodyEnd
      this.packets.push(packet)
      this.#handle(client, packet)
    }
    client.rest = Buffer.from(all.subarray(at))
  }

  #handle(client: Client, packet: Packet): void {
    switch (packet.type) {
      case PacketType.CONNECT: {
        client.version = packet.version
        const { connackReason: reason = ReasonCode.SUCCESS, receiveMaximum } = this.#behaviour
        const properties = receiveMaximum === undefined ? {} : { receiveMaximum }
        this.#send(client, { type: PacketType.CONNACK, sessionPresent: false, reason, properties })
        if (reason !== ReasonCode.SUCCESS) client.socket.end()
        return
      }
      case PacketType.SUBSCRIBE:
        return this.#subscribe(client, packet)
      case PacketType.PUBLISH:
        return this.#publish(client, packet)
      case PacketType.PUBREC:
        return this.#ack(client, PacketType.PUBREL, packet.packetId, 0)
      case PacketType.PUBREL:
        return this.#ack(client, PacketType.PUBCOMP, packet.packetId, 0)
      case PacketType.PINGREQ:
        return this.#send(client, { type: PacketType.PINGRESP })
      case PacketType.DISCONNECT:
        return void client.socket.end()
      default: // Acknowledgements end here.
    }
  }

  #subscribe(client: Client, packet: Extract<Packet, { type: 8 }>): void {
    const reasons = packet.filters.map(({ qos }) => this.#behaviour.subackReason ?? qos)
    const { packetId } = packet
    this.#send(client, { type: PacketType.SUBACK, packetId, reasons, properties: {} })
    for (const { filter, qos } of packet.filters) {
      client.filters.push({ filter, qos })
      for (const [topic, message] of this.retained) {
        if (matchesFilter(filter, topic)) this.#deliver(client, message, qos)
      }
    }
  }

  #publish(client: Client, packet: PublishPacket): void {
    client.published++
    const { cutAfter = Infinity } = this.#behaviour
    if (client.published > cutAfter) return void client.socket.destroy()
    if (packet.qos > 0) this.#acknowledge(client, packet)
    if (packet.retain) this.#retain(packet)
    for (const receiver of this.#receiversOf(packet.topic)) {
      this.#deliver(receiver.client, packet, receiver.qos)
    }
  }

  #acknowledge(client: Client, { qos, packetId }: PublishPacket): void {
    const { ackReason = 0, acksLater } = this.#behaviour
    this.underWayMax = Math.max(this.underWayMax, ++client.underWay)
    const send = (): void => {
      client.underWay--
      const type = qos === 1 ? PacketType.PUBACK : PacketType.PUBREC
      this.#ack(client, type, packetId, ackReason)
    }
    if (acksLater) setTimeout(send, 2)
    else send()
  }

  #retain(packet: PublishPacket): void {
    if (packet.payload.length === 0) this.retained.delete(packet.topic)
    else this.retained.set(packet.topic, packet)
  }

  /** Each client with a matching filter; of the members of a shared subscription any one. */
  #receiversOf(topic: string): { client: Client; qos: number }[] {
    const receivers: { client: Client; qos: number }[] = []
    const members: { client: Client; qos: number }[] = []
    for (const client of this.#clients) {
      for (const { filter, qos } of client.filters) {
        const shared = /^\$share\/[^/]+\/(.*)$/.exec(filter)?.[1]
        if (!matchesFilter(shared ?? filter, topic)) continue
        if (shared === undefined) receivers.push({ client, qos })
        else members.push({ client, qos })
      }
    }
    const member = members[this.#deliveries % Math.max(1, members.length)]
    return member === undefined ? receivers : [...receivers, member]
  }

  #deliver(client: Client, packet: PublishPacket, qosMax: number): void {
    const qos = Math.min(packet.qos, qosMax) as 0 | 1 | 2
    const packetId = qos === 0 ? 0 : client.nextPacketId++
    const copy = { ...packet, qos, packetId, dup: false }
    const fate = this.#behaviour.fate?.(this.#deliveries++) ?? 'once'
    if (fate === 'never') return
    if (fate === 'after-next' && client.delayed === undefined) {
      client.delayed = copy
      return
    }
    this.#send(client, { type: PacketType.PUBLISH, ...copy })
    if (fate === 'twice') this.#send(client, { type: PacketType.PUBLISH, ...copy })
    const { delayed } = client
    client.delayed = undefined
    if (delayed !== undefined) this.#send(client, { type: PacketType.PUBLISH, ...delayed })
  }

  #ack(client: Client, type: 4 | 5 | 6 | 7, packetId: number, reason: number): void {
    this.#send(client, { type, packetId, reason, properties: {} })
  }

  #send(client: Client, packet: Packet): void {
    const writer = new ByteWriter(256)
    encodePacket(writer, client.version, packet)
    client.socket.write(writer.bytes.subarray(0, writer.offset))
  }
}
