import { once } from 'node:events'
import { AckView, type AckType, decodeAck, encodeAck } from '#codec/mqtt/ack.ts'
import { decodeConnack } from '#codec/mqtt/connack.ts'
import { encodeConnect } from '#codec/mqtt/connect.ts'
import { isFailure } from '#codec/mqtt/decode-failure.ts'
import { decodeDisconnect, encodeDisconnect } from '#codec/mqtt/disconnect.ts'
import type { Frame } from '#codec/mqtt/frame.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { encodePingreq } from '#codec/mqtt/ping.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { decodePublish, encodePublish, publishFirstByte, PublishView } from '#codec/mqtt/publish.ts'
import { decodeSuback } from '#codec/mqtt/suback.ts'
import { encodeSubscribe } from '#codec/mqtt/subscribe.ts'
import { decodeUnsuback } from '#codec/mqtt/unsuback.ts'
import { encodeUnsubscribe } from '#codec/mqtt/unsubscribe.ts'
import { PacketStream } from './packet-stream.ts'

export type QoS = 0 | 1 | 2

export interface LoadClientOptions {
  readonly clientId: string
  readonly version?: ProtocolVersion
  /** Default true: nothing outlives the connection. */
  readonly clean?: boolean
  readonly keepAliveSeconds?: number
  /** Publishes without acknowledgement at a time. Default 20. */
  readonly window?: number
}

/** A QoS 1 or 2 message on its way to the broker. */
export interface Publish {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: QoS
  readonly retain: boolean
  readonly packetId: number
  /** PUBREC has come: only PUBREL is sent from now on. */
  released: boolean
}

/** A message from the broker; the payload is valid during the call only. */
export interface Arrival {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: number
  readonly retain: boolean
  readonly dup: boolean
  readonly packetId: number
}

/** Answer to CONNECT. */
export interface Welcome {
  readonly sessionPresent: boolean
  readonly reason: number
}

interface Waiting {
  readonly resolve: (reasons: number[]) => void
  readonly reject: (error: Error) => void
}

/** The connection ended before an answer came. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}

/** Given to `onWrong` when the broker has forgotten what it acknowledged. */
export const SESSION_LOST = 'the session is lost'

const SESSION_EXPIRY_SECONDS = 7_200
const WINDOW_DEFAULT = 20
const PACKET_ID_MAX = 65_535
const NO_PROPERTIES = Buffer.alloc(0)
const publishView = new PublishView(true)
const ackView = new AckView()

/**
 * A fast client for tests that obeys the rules of clients: it keeps its half of the session over
 * connections, sends again what was not acknowledged (in order, with DUP) and never hands a QoS 2
 * message on twice. Whatever the broker does wrong throws, or is given to `onWrong`.
 */
export class LoadClient {
  readonly clientId: string
  readonly version: ProtocolVersion
  readonly clean: boolean
  /** A message arrived, QoS 2 ones once. */
  onMessage: (arrival: Arrival) => void = () => {}
  /** PUBACK or PUBREC came for a message: from here on the broker has it. */
  onAcked: (publish: Publish, reason: number) => void = () => {}
  /** A message is sent again on a new connection. */
  onRepeat: (publish: Publish) => void = () => {}
  /** The window has room again. */
  onRoom: () => void = () => {}
  /** The connection ended by the broker or the network, with the reason of a DISCONNECT if any. */
  onClosed: (reason: number | undefined) => void = () => {}
  /** The broker broke a rule of the protocol. */
  onWrong: (what: string) => void = (what) => {
    throw new Error(`${this.clientId}: ${what}`)
  }
  readonly #window: number
  readonly #keepAliveSeconds: number
  #stream: PacketStream | undefined
  #welcome: { resolve(welcome: Welcome): void; reject(error: Error): void } | undefined
  #isConnected: boolean
  /** Something was acknowledged that the broker's half of the session must show for. */
  #mustBePresent: boolean
  /** In the order of first sending. */
  readonly #outbound: Map<number, Publish>
  readonly #inbound: Set<number>
  readonly #waiting: Map<number, Waiting>
  #pong: (() => void)[]
  #nextPacketId: number
  #disconnectReason: number | undefined

  constructor(options: LoadClientOptions) {
    this.clientId = options.clientId
    this.version = options.version ?? ProtocolVersion.V5
    this.clean = options.clean ?? true
    this.#window = options.window ?? WINDOW_DEFAULT
    this.#keepAliveSeconds = options.keepAliveSeconds ?? 0
    this.#isConnected = false
    this.#mustBePresent = false
    this.#outbound = new Map()
    this.#inbound = new Set()
    this.#waiting = new Map()
    this.#pong = []
    this.#nextPacketId = 1
  }

  get isConnected(): boolean {
    return this.#isConnected
  }

  /** Messages sent and not acknowledged. */
  get unacknowledged(): number {
    return this.#outbound.size
  }

  /** Messages that may be published now. */
  get room(): number {
    return this.#isConnected ? this.#window - this.#outbound.size : 0
  }

  /**
   * Connects and goes on with what was open. A former connection of this client is left as it is,
   * for the broker to close.
   * @throws ConnectionLost
   */
  connect(port: number): Promise<Welcome> {
    this.#forgetConnection()
    return new Promise((resolve, reject) => {
      this.#welcome = { resolve, reject }
      const stream: PacketStream = new PacketStream(port, {
        packet: (bytes, frame) => {
          if (stream === this.#stream) this.#packet(bytes, frame)
        },
        closed: () => {
          if (stream === this.#stream) this.#closed()
        },
      })
      this.#stream = stream
      this.#sendConnect(stream)
    })
  }

  /** Reads nothing more from the network. */
  stopReading(): void {
    this.#stream?.socket.pause()
  }

  /** Waits for the network connection that `connect` asked for; CONNACK may take longer. */
  async opened(): Promise<void> {
    const socket = this.#stream?.socket
    if (socket?.connecting === true) await once(socket, 'connect')
  }

  /** The network connection breaks. */
  drop(): void {
    const stream = this.#stream
    this.#forgetConnection()
    stream?.destroy()
  }

  /** Leaves as a client should, with DISCONNECT. */
  leave(): void {
    const stream = this.#stream
    if (stream === undefined) return
    encodeDisconnect(stream.out, this.version, 0)
    stream.flush()
    this.#forgetConnection()
    stream.socket.end()
  }

  /** Sends a message; the window must have room for QoS 1 and 2. */
  publish(topic: string, payload: Buffer, qos: QoS, retain = false): Publish {
    const packetId = qos === 0 ? 0 : this.#takePacketId()
    const publish: Publish = { topic, payload, qos, retain, packetId, released: false }
    if (qos > 0) this.#outbound.set(packetId, publish)
    this.#sendPublish(publish, false)
    return publish
  }

  /** Subscribes and gives the reason codes. @throws ConnectionLost */
  subscribe(filters: string | readonly string[], qos: QoS): Promise<number[]> {
    return this.#ask((packetId, stream) => {
      const list = typeof filters === 'string' ? [filters] : filters
      encodeSubscribe(stream.out, this.version, {
        packetId,
        userProperties: [],
        filters: list.map((filter) => ({
          filter,
          qos,
          noLocal: false,
          retainAsPublished: false,
          retainHandling: 0,
        })),
      })
    })
  }

  /** Unsubscribes and gives the reason codes (none in 3.x). @throws ConnectionLost */
  unsubscribe(filters: string | readonly string[]): Promise<number[]> {
    return this.#ask((packetId, stream) => {
      const list = typeof filters === 'string' ? [filters] : [...filters]
      encodeUnsubscribe(stream.out, this.version, { packetId, userProperties: [], filters: list })
    })
  }

  /** Sends PINGREQ and waits for PINGRESP, or for the end of the connection. */
  ping(): Promise<void> {
    return new Promise((resolve) => {
      const stream = this.#stream
      if (stream === undefined) return resolve()
      this.#pong.push(resolve)
      encodePingreq(stream.out)
      stream.flushSoon()
    })
  }

  /** Stops or goes on reading from the network. */
  setReading(reading: boolean): void {
    if (reading) this.#stream?.socket.resume()
    else this.#stream?.socket.pause()
  }

  /** Sends any bytes. */
  sendBytes(bytes: Buffer): void {
    this.#stream?.socket.write(bytes)
  }

  #sendConnect(stream: PacketStream): void {
    const expiry = this.clean ? {} : { sessionExpiryIntervalSeconds: SESSION_EXPIRY_SECONDS }
    encodeConnect(stream.out, {
      protocolName: 'MQTT',
      version: this.version,
      bridge: false,
      cleanStart: this.clean,
      keepAliveSeconds: this.#keepAliveSeconds,
      clientId: this.clientId,
      properties: this.version === ProtocolVersion.V5 ? expiry : {},
    })
    stream.flush()
  }

  #forgetConnection(): void {
    const welcome = this.#welcome
    this.#welcome = undefined
    this.#stream = undefined
    this.#isConnected = false
    this.#disconnectReason = undefined
    const error = new ConnectionLost(`${this.clientId}: the connection ended`)
    welcome?.reject(error)
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
    for (const done of this.#pong.splice(0)) done()
    if (this.clean) {
      this.#outbound.clear()
      this.#inbound.clear()
    }
  }

  #closed(): void {
    const reason = this.#disconnectReason
    this.#forgetConnection()
    this.onClosed(reason)
  }

  #ask(write: (packetId: number, stream: PacketStream) => void): Promise<number[]> {
    return new Promise((resolve, reject) => {
      const stream = this.#stream
      if (stream === undefined || !this.#isConnected) {
        return reject(new ConnectionLost(`${this.clientId} is not connected`))
      }
      const packetId = this.#takePacketId()
      this.#waiting.set(packetId, { resolve, reject })
      write(packetId, stream)
      stream.flushSoon()
    })
  }

  #takePacketId(): number {
    let id = this.#nextPacketId
    while (this.#outbound.has(id) || this.#waiting.has(id)) id = id === PACKET_ID_MAX ? 1 : id + 1
    this.#nextPacketId = id === PACKET_ID_MAX ? 1 : id + 1
    return id
  }

  #sendPublish(publish: Publish, dup: boolean): void {
    const stream = this.#stream
    if (stream === undefined) return
    const { topic, payload, qos, retain, packetId } = publish
    const first = publishFirstByte(qos, retain, dup)
    const bytes = Buffer.from(topic)
    const { version } = this
    encodePublish(
      stream.out,
      version,
      first,
      bytes,
      packetId,
      NO_PROPERTIES,
      -1,
      0,
      undefined,
      payload,
    )
    stream.flushSoon()
  }

  #ack(type: AckType, packetId: number): void {
    const stream = this.#stream
    if (stream === undefined) return
    encodeAck(stream.out, type, this.version, packetId, 0)
    stream.flushSoon()
  }

  #packet(bytes: Buffer, frame: Frame): void {
    switch (frame.type) {
      case PacketType.PUBLISH:
        return this.#arrived(bytes, frame)
      case PacketType.PUBACK:
      case PacketType.PUBREC:
      case PacketType.PUBREL:
      case PacketType.PUBCOMP:
        return this.#acknowledged(frame.type, bytes, frame)
      case PacketType.CONNACK:
        return this.#welcomed(bytes, frame)
      case PacketType.SUBACK:
        return this.#answered(decodeSuback(bytes, frame.bodyStart, frame.bodyEnd, this.version))
      case PacketType.UNSUBACK:
        return this.#answered(decodeUnsuback(bytes, frame.bodyStart, frame.bodyEnd, this.version))
      case PacketType.PINGRESP:
        return this.#pong.shift()?.()
      case PacketType.DISCONNECT: {
        const { bodyStart, bodyEnd } = frame
        const packet = decodeDisconnect(bytes, bodyStart, bodyEnd, this.version, true)
        if (isFailure(packet)) return this.onWrong(packet.detail)
        this.#disconnectReason = packet.reason
        return undefined
      }
      default:
        return this.onWrong(`a packet of type ${frame.type} arrived`)
    }
  }

  #welcomed(bytes: Buffer, frame: Frame): void {
    const connack = decodeConnack(bytes, frame.bodyStart, frame.bodyEnd, this.version)
    const welcome = this.#welcome
    this.#welcome = undefined
    if (isFailure(connack) || welcome === undefined) return this.onWrong('a CONNACK is wrong')
    const { sessionPresent, reason } = connack
    if (reason === 0) {
      this.#isConnected = true
      this.#resume(sessionPresent)
    }
    welcome.resolve({ sessionPresent, reason })
  }

  /** Goes on where the last connection ended [MQTT-4.4.0-1]. */
  #resume(sessionPresent: boolean): void {
    if (!sessionPresent) {
      if (this.#mustBePresent) this.onWrong(SESSION_LOST)
      this.#mustBePresent = false
      this.#inbound.clear()
    }
    for (const publish of this.#outbound.values()) {
      if (publish.released) this.#ack(PacketType.PUBREL, publish.packetId)
      else {
        this.onRepeat(publish)
        this.#sendPublish(publish, sessionPresent)
      }
    }
  }

  #arrived(bytes: Buffer, frame: Frame): void {
    const view = publishView
    const { flags, bodyStart, bodyEnd } = frame
    const failure = decodePublish(bytes, flags, bodyStart, bodyEnd, this.version, view)
    if (failure !== undefined) return this.onWrong(failure.detail)
    const { qos, packetId, retain, dup } = view
    if (qos === 2) {
      this.#ack(PacketType.PUBREC, packetId)
      if (this.#inbound.has(packetId)) {
        if (!dup) this.onWrong(`packet identifier ${packetId} is used again before its release`)
        return
      }
      this.#inbound.add(packetId)
    } else if (qos === 1) this.#ack(PacketType.PUBACK, packetId)
    const topic = bytes.toString('latin1', view.topicStart, view.topicEnd)
    const payload = bytes.subarray(view.payloadStart, view.payloadEnd)
    this.onMessage({ topic, payload, qos, retain, dup, packetId })
  }

  #acknowledged(type: AckType, bytes: Buffer, frame: Frame): void {
    const { version } = this
    const failure = decodeAck(bytes, type, frame.bodyStart, frame.bodyEnd, version, ackView)
    if (failure !== undefined) return this.onWrong(failure.detail)
    const { packetId, reason } = ackView
    if (type === PacketType.PUBREL) {
      this.#inbound.delete(packetId)
      return this.#ack(PacketType.PUBCOMP, packetId)
    }
    const publish = this.#outbound.get(packetId)
    if (publish === undefined) {
      // After a crash the broker may answer a repeated PUBREL again.
      if (type === PacketType.PUBCOMP) return
      return this.onWrong(`acknowledgement ${type} of the unknown identifier ${packetId}`)
    }
    if (type === PacketType.PUBREC && reason < 0x80) {
      if (!publish.released) this.onAcked(publish, reason)
      publish.released = true
      if (!this.clean) this.#mustBePresent = true
      return this.#ack(PacketType.PUBREL, packetId)
    }
    if (type === PacketType.PUBREC && publish.released) return
    this.#outbound.delete(packetId)
    if (type !== PacketType.PUBCOMP) this.onAcked(publish, reason)
    this.onRoom()
  }

  #answered(packet: { packetId: number; reasons?: number[] } | object): void {
    if (isFailure(packet) || !('packetId' in packet)) return this.onWrong('an answer is malformed')
    const { packetId, reasons = [] } = packet
    const waiting = this.#waiting.get(packetId)
    this.#waiting.delete(packetId)
    if (waiting === undefined) return this.onWrong(`an answer to the unknown request ${packetId}`)
    if (!this.clean) this.#mustBePresent = true
    waiting.resolve(reasons)
  }
}
