import assert from 'node:assert/strict'
import type { Packet } from '#codec/mqtt/packet.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { isReasonOf } from '#codec/mqtt/reason-codes.ts'
import type { Wire, WireInfo } from '#broker/ports.ts'
import { ConnectionState, type Connection } from '#broker/session/connection.ts'
import type { HeldBytes } from '#kernel/block-pool.ts'
import { LentBytes } from '../support/lent-bytes.ts'
import { readServerPackets, type ServerPacket } from '../support/server-packets.ts'

const { V5 } = ProtocolVersion
/** Smallest limit of a client under which every acknowledgement fits. */
const PACKET_BYTES_MIN = 64
const ACKS: ReadonlySet<number> = new Set([
  PacketType.PUBACK,
  PacketType.PUBREC,
  PacketType.PUBREL,
  PacketType.PUBCOMP,
])

/** What answers a request of a client, by the type of the request. */
function answerType(packet: Packet): PacketType | undefined {
  switch (packet.type) {
    case PacketType.SUBSCRIBE:
      return PacketType.SUBACK
    case PacketType.UNSUBSCRIBE:
      return PacketType.UNSUBACK
    case PacketType.PINGREQ:
      return PacketType.PINGRESP
    case PacketType.PUBREL:
      return PacketType.PUBCOMP
    case PacketType.PUBLISH:
      if (packet.qos === 0) return undefined
      return packet.qos === 1 ? PacketType.PUBACK : PacketType.PUBREC
    default:
      return undefined
  }
}

/**
 * One network connection of somebody who keeps no rules, and a judge of what the broker answers:
 * every packet is well-formed, of a kind and with a code that belongs there, CONNACK comes first,
 * nothing follows the end, and whoever kept to the rules so far is answered.
 */
export class HostileClient implements Wire {
  readonly info: WireInfo
  stalled = false
  bufferedBytes = 0
  /** The broker closed, in an orderly way or not. */
  isClosed = false
  /** This client has gone; what the broker still does with the connection nobody sees. */
  isDropped = false
  /** The end of a packet whose beginning was sent. */
  tail: Buffer | undefined = undefined
  /** Publishes that wait for an answer of this client. */
  readonly toAnswer: { readonly type: number; readonly packetId: number }[] = []
  readonly #bufferedMax: number
  #connection: Connection | undefined
  #rest: Buffer = Buffer.alloc(0)
  #held: Buffer[] = []
  /** What the broker is receiving. */
  #lent: LentBytes | undefined
  /** All it sent so far was whole and right. */
  #isAligned = true
  #isWelcome = false
  #saidGoodbye = false
  /** The broker gave it up: whatever is written goes nowhere. */
  #isCut = false
  #lastType = 0
  #packetBytesMax = Number.POSITIVE_INFINITY
  readonly #expected: string[] = []

  /** @param bufferedMax bytes that may wait for a client that does not read */
  constructor(number: number, bufferedMax: number) {
    this.#bufferedMax = bufferedMax
    this.info = {
      listener: 'tcp:default',
      transport: 'tcp',
      peerHost: '127.0.0.1',
      peerPort: number,
      localPort: 1883,
    }
  }

  attach(connection: Connection): void {
    this.#connection = connection
  }

  get connection(): Connection {
    assert.ok(this.#connection !== undefined, 'a connection is attached first')
    return this.#connection
  }

  /** Nothing more can be sent. */
  get isGone(): boolean {
    return this.isClosed || this.isDropped
  }

  get isIdle(): boolean {
    return this.connection.state === ConnectionState.IDLE
  }

  get version(): ProtocolVersion {
    return this.connection.version
  }

  /** Sends a packet that is right in form; what answers it is expected from now on. */
  sendPacket(packet: Packet, bytes: Buffer): void {
    if (packet.type === PacketType.CONNECT && this.#isAligned) {
      this.#packetBytesMax = packet.properties.maximumPacketSizeBytes ?? Number.POSITIVE_INFINITY
    } else if (packet.type === PacketType.DISCONNECT) this.#saidGoodbye = true
    const answer = answerType(packet)
    const packetId = 'packetId' in packet ? packet.packetId : 0
    if (answer !== undefined && this.#isWelcome) this.#expected.push(`${answer} ${packetId}`)
    this.#deliver(bytes)
  }

  /** Sends bytes that may be anything. */
  sendBytes(bytes: Buffer): void {
    this.#isAligned = false
    this.#deliver(bytes)
  }

  /** Fails when it was owed an answer that did not come. Nothing may be under way. */
  checkAnswered(): void {
    if (!this.#isAligned || this.isGone || this.stalled || this.tail !== undefined) return
    if (this.#packetBytesMax < PACKET_BYTES_MIN) return
    assert.deepEqual(this.#expected, [], 'requests without an answer')
  }

  /** The connection breaks. */
  drop(): void {
    if (this.isClosed || this.isDropped) return
    this.isDropped = true
    this.connection.ended()
  }

  readAgain(): void {
    this.stalled = false
    const held = Buffer.concat(this.#held.splice(0))
    this.bufferedBytes = 0
    if (held.length > 0) this.#take(held)
    if (!this.isGone) this.connection.drained()
  }

  holdReceived(): HeldBytes | undefined {
    return this.#lent?.hold()
  }

  write(chunks: readonly Buffer[], totalBytes: number): boolean {
    assert.ok(!this.isClosed || this.#isCut, 'nothing is written after the end')
    if (this.isDropped || this.#isCut) return true
    const bytes = Buffer.concat(chunks)
    assert.equal(bytes.length, totalBytes)
    if (!this.stalled) {
      this.#take(bytes)
      return true
    }
    assert.ok(this.bufferedBytes <= this.#bufferedMax, 'what waits for a slow reader is bounded')
    this.#held.push(bytes)
    this.bufferedBytes += totalBytes
    return false
  }

  pause(): void {}

  resume(): void {}

  end(): void {
    assert.ok(!this.isClosed, 'it is closed once')
    this.isClosed = true
    if (this.stalled || this.isDropped) return
    assert.equal(this.#rest.length, 0, 'the last packet is whole')
    if (!this.#isWelcome || this.version !== V5 || this.#saidGoodbye) return
    if (this.#packetBytesMax < PACKET_BYTES_MIN) return
    assert.equal(this.#lastType, PacketType.DISCONNECT, 'a client of MQTT 5 is told why')
  }

  destroy(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#isCut = true
    assert.ok(
      !this.#isWelcome || this.stalled || this.isDropped,
      'only a slow reader is cut without a word',
    )
  }

  #deliver(bytes: Buffer): void {
    // Out of step any byte may begin a DISCONNECT.
    this.#saidGoodbye ||= !this.#isAligned && bytes.includes(PacketType.DISCONNECT << 4)
    // The broker must not keep the buffer unless it holds it: it is overwritten after the call.
    const lent = new LentBytes(bytes)
    this.#lent = lent
    this.connection.receive(lent.bytes)
    this.#lent = undefined
    lent.end()
  }

  #take(bytes: Buffer): void {
    const { packets, rest } = readServerPackets(Buffer.concat([this.#rest, bytes]), this.version)
    this.#rest = rest
    for (const packet of packets) this.#judge(packet)
  }

  #judge(packet: ServerPacket): void {
    const { type, packetId, reason } = packet
    assert.notEqual(this.#lastType, PacketType.DISCONNECT, 'DISCONNECT is the last packet')
    assert.equal(this.#lastType === 0, type === PacketType.CONNACK, 'CONNACK, once, and first')
    this.#lastType = type
    // What the broker could not read of a broken or oversized CONNECT it cannot obey.
    const isKnown = Number.isFinite(this.connection.packetBytesMax)
    const limit = isKnown ? this.#packetBytesMax : Number.POSITIVE_INFINITY
    assert.ok(packet.frame.length <= limit, 'no packet is larger than it may be')
    if (this.version === V5) this.#judgeReasons(packet)
    else assert.ok(type !== PacketType.DISCONNECT && type !== PacketType.AUTH, 'not before MQTT 5')
    if (type === PacketType.CONNACK) this.#isWelcome = reason === 0
    else assert.ok(this.#isWelcome, 'nothing follows a refusal')
    if (type === PacketType.PUBLISH && packet.qos === 0) return
    const at = this.#expected.indexOf(`${type} ${packetId}`)
    if (at >= 0) this.#expected.splice(at, 1)
    if (type === PacketType.PUBLISH) this.#owe(packet.qos === 1 ? 4 : 5, packetId)
    else if (type === PacketType.PUBREC && reason < 0x80) this.#owe(PacketType.PUBREL, packetId)
    else if (type === PacketType.PUBREL) this.#owe(PacketType.PUBCOMP, packetId)
  }

  #judgeReasons({ type, reason, reasons }: ServerPacket): void {
    const has = type === PacketType.CONNACK || type === PacketType.DISCONNECT || ACKS.has(type)
    for (const code of has ? [reason] : reasons) {
      assert.ok(isReasonOf(type as PacketType, code), `type ${type} has no reason ${code}`)
    }
  }

  #owe(type: number, packetId: number): void {
    this.toAnswer.push({ type, packetId })
  }
}
