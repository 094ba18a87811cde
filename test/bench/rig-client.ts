import type { WireInfo } from '#broker/ports.ts'
import { encodeConnect } from '#codec/mqtt/connect.ts'
import { Frame, FrameStatus, readFrame } from '#codec/mqtt/frame.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { encodePublish, publishFirstByte } from '#codec/mqtt/publish.ts'
import { encodeSubscribe } from '#codec/mqtt/subscribe.ts'
import { ByteWriter } from '#kernel/byte-writer.ts'

/** What the messages of a rig are like. */
export interface MessageOptions {
  readonly qos: 0 | 1
  readonly payloadBytes: number
}

const PACKET_BYTES_MAX = 1 << 20
const INFO: WireInfo = {
  listener: 'tcp:default',
  transport: 'tcp',
  peerHost: '127.0.0.1',
  peerPort: 1,
  localPort: 1883,
}
const NO_BYTES = Buffer.alloc(0)
const { V311 } = ProtocolVersion

/** A wire that takes everything at once and counts the messages in it. */
export class RigClient {
  readonly info = INFO
  readonly bufferedBytes = 0
  receive: (bytes: Buffer) => void = () => {}
  /** Breaks the connection, as the network does. */
  leave: () => void = () => {}
  readonly #frame = new Frame()
  readonly #acks = new ByteWriter(1 << 16)
  readonly #ackViews = new Map<number, Buffer>()
  #delivered = 0

  write(chunks: readonly Buffer[]): boolean {
    for (let n = 0; n < chunks.length; n++) this.#scan(chunks[n]!) // In range.
    return true
  }

  holdReceived(): undefined {}
  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {}

  /** Answers what came since the last call, and returns how many messages that were. */
  acknowledge(): number {
    const { offset } = this.#acks
    const delivered = this.#delivered
    this.#delivered = 0
    if (offset === 0) return delivered
    this.#acks.offset = 0
    let view = this.#ackViews.get(offset)
    if (view === undefined) {
      view = this.#acks.bytes.subarray(0, offset)
      this.#ackViews.set(offset, view)
    }
    this.receive(view)
    return delivered
  }

  /** What the broker writes holds whole packets, but for payloads in chunks of their own. */
  #scan(bytes: Buffer): void {
    const frame = this.#frame
    for (let at = 0; at < bytes.length; at = frame.bodyEnd) {
      const status = readFrame(bytes, at, bytes.length, PACKET_BYTES_MAX, frame)
      if (status !== FrameStatus.OK) throw new Error('the broker wrote half a packet')
      if (frame.type !== PacketType.PUBLISH) continue
      this.#delivered++
      if (frame.flags === 0) continue
      const idAt = frame.bodyStart + 2 + bytes.readUInt16BE(frame.bodyStart)
      const { bytes: acks, offset } = this.#acks
      acks[offset] = PacketType.PUBACK << 4
      acks[offset + 1] = 2
      acks[offset + 2] = bytes[idAt]! // In range: the frame is whole.
      acks[offset + 3] = bytes[idAt + 1]!
      this.#acks.offset = offset + 4
    }
  }
}

function written(write: (w: ByteWriter) => void): Buffer {
  const writer = new ByteWriter(256)
  write(writer)
  return Buffer.from(writer.bytes.subarray(0, writer.offset))
}

/** A CONNECT of MQTT 3.1.1. */
export function connectPacket(clientId: string, cleanStart: boolean): Buffer {
  return written((w) =>
    encodeConnect(w, {
      protocolName: 'MQTT',
      version: V311,
      bridge: false,
      cleanStart,
      keepAliveSeconds: 0,
      clientId,
      properties: {},
    }),
  )
}

/** A SUBSCRIBE with one filter. */
export function subscribePacket(filter: string, qos: 0 | 1): Buffer {
  const options = { qos, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
  const packet = { packetId: 1, userProperties: [], filters: [{ filter, ...options }] }
  return written((w) => encodeSubscribe(w, V311, packet))
}

/** A PUBLISH. */
export function publishPacket(topic: string, packetId: number, options: MessageOptions): Buffer {
  const payload = Buffer.alloc(options.payloadBytes, 'x')
  const first = publishFirstByte(options.qos, false, false)
  const id = options.qos === 0 ? 0 : packetId
  return written((w) =>
    encodePublish(w, V311, first, Buffer.from(topic), id, NO_BYTES, -1, 0, undefined, payload),
  )
}

/** A PUBLISH of QoS 0 with this text as payload. */
export function publishText(topic: string, text: string): Buffer {
  const first = publishFirstByte(0, false, false)
  const payload = Buffer.from(text)
  return written((w) =>
    encodePublish(w, V311, first, Buffer.from(topic), 0, NO_BYTES, -1, 0, undefined, payload),
  )
}
