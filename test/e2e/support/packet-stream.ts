import { connect, type Socket } from 'node:net'
import { Frame, FrameStatus, readFrame } from '#codec/mqtt/frame.ts'
import { ByteWriter } from '#kernel/byte-writer.ts'

const PACKET_BYTES_MAX = 268_435_460
const WRITER_BYTES = 16_384

/** What a packet stream tells its owner. */
export interface StreamEvents {
  /** One whole packet; `bytes` are valid during the call only. */
  packet(bytes: Buffer, frame: Frame): void
  /** The connection ended, whoever ended it; called once. */
  closed(): void
}

/** MQTT packets over a TCP connection: whole ones in, gathered writes out. Plain fields: hot. */
export class PacketStream {
  readonly socket: Socket
  /** Packets go in here; `flush` sends them, at the latest after this turn of the event loop. */
  readonly out: ByteWriter
  readonly #events: StreamEvents
  readonly #frame: Frame
  #rest: Buffer | undefined
  #isFlushing: boolean
  #isOpen: boolean

  constructor(port: number, events: StreamEvents) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.out = new ByteWriter(WRITER_BYTES)
    this.#events = events
    this.#frame = new Frame()
    this.#rest = undefined
    this.#isFlushing = false
    this.#isOpen = true
    this.socket.on('data', (bytes: Buffer) => this.#receive(bytes))
    this.socket.on('error', () => {}) // `close` follows.
    this.socket.on('close', () => this.#closed())
  }

  /** Sends what was written to `out` when this turn of the event loop ends. */
  flushSoon(): void {
    if (this.#isFlushing) return
    this.#isFlushing = true
    setImmediate(() => this.flush())
  }

  /** Sends what was written to `out`. */
  flush(): void {
    this.#isFlushing = false
    const { out } = this
    if (out.offset === 0) return
    if (this.#isOpen) this.socket.write(Buffer.from(out.bytes.subarray(0, out.offset)))
    out.offset = 0
  }

  /** Cuts the connection; `closed` is told at once. */
  destroy(): void {
    this.socket.destroy()
    this.#closed()
  }

  #closed(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#events.closed()
  }

  #receive(arrived: Buffer): void {
    const bytes = this.#rest === undefined ? arrived : Buffer.concat([this.#rest, arrived])
    this.#rest = undefined
    const frame = this.#frame
    let offset = 0
    while (offset < bytes.length && this.#isOpen) {
      const status = readFrame(bytes, offset, bytes.length, PACKET_BYTES_MAX, frame, 0)
      if (status === FrameStatus.INCOMPLETE) break
      if (status !== FrameStatus.OK) throw new Error('the broker sent a malformed frame')
      offset = frame.bodyEnd
      this.#events.packet(bytes, frame)
    }
    if (offset < bytes.length) this.#rest = Buffer.from(bytes.subarray(offset))
  }
}
