import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { HELD_FOR_GOOD, type HeldBytes } from '#kernel/block-pool.ts'
import { END_LIMIT_MS, type NetWire, type WireReceiver } from './net-wire.ts'
import { queuedBytes } from './queued-bytes.ts'

/** Output up to this size is joined into one frame; above it, every buffer is sent as it is. */
const JOINED_BYTES_MAX = 65_536
const CLOSE_NORMAL = 1000
const CLOSE_NOT_BINARY = 1003

const State = { NEW: 0, OPEN: 1, ENDING: 2, CLOSED: 3 } as const
type State = (typeof State)[keyof typeof State]

/**
 * A WebSocket that carries a stream of bytes in binary messages.
 *
 * Where messages begin and end means nothing [MQTT-6.0.0-2]; a text message ends the connection
 * [MQTT-6.0.0-1].
 */
export class WsWire<Info> implements NetWire<Info> {
  info: Info
  receiver: WireReceiver
  onClosed: (wire: NetWire<Info>) => void = () => {}
  /** Counted up by whoever looks for idle connections; anything received sets it to zero. */
  idleChecks = 0
  readonly #socket: WebSocket
  readonly #transport: Socket
  readonly #onWritten: () => void
  #state: State = State.NEW
  #handedBytes = 0
  #isWaiting = false
  #isPaused = false
  #error: string | undefined
  #endTimer: NodeJS.Timeout | undefined

  /** @param transport the socket under the WebSocket */
  constructor(socket: WebSocket, transport: Socket, info: Info, receiver: WireReceiver) {
    this.#socket = socket
    this.#transport = transport
    this.info = info
    this.receiver = receiver
    this.#onWritten = () => this.#written()
    socket.on('error', (error: Error & { code?: string }) => {
      this.#error ??= error.code ?? error.message
    })
    socket.on('close', () => this.#closed())
  }

  get bufferedBytes(): number {
    return this.#state === State.CLOSED ? 0 : this.#socket.bufferedAmount
  }

  get takenBytes(): number {
    return this.#handedBytes - this.bufferedBytes - queuedBytes(this.#transport)
  }

  start(): void {
    if (this.#state !== State.NEW) return
    this.#state = State.OPEN
    this.#socket.on('message', (bytes: Buffer, isBinary: boolean) => {
      if (this.#state !== State.OPEN) return
      this.idleChecks = 0
      if (isBinary) this.receiver.receive(bytes)
      else this.#refuseText()
    })
    if (this.#isPaused) this.#socket.pause()
  }

  write(chunks: readonly Buffer[], totalBytes: number): boolean {
    const socket = this.#socket
    if (this.#state > State.OPEN || socket.readyState !== WebSocket.OPEN) return true
    if (totalBytes === 0) return true
    this.#handedBytes += totalBytes
    if (chunks.length > 1 && totalBytes <= JOINED_BYTES_MAX) {
      socket.send(Buffer.concat(chunks, totalBytes), this.#onWritten)
    } else {
      for (const chunk of chunks) socket.send(chunk, this.#onWritten)
    }
    if (socket.bufferedAmount === 0) return true
    this.#isWaiting = true
    return false
  }

  /** Node.js reads into new memory every time. */
  holdReceived(): HeldBytes {
    return HELD_FOR_GOOD
  }

  pause(): void {
    this.#isPaused = true
    if (this.#state === State.OPEN) this.#socket.pause()
  }

  resume(): void {
    this.#isPaused = false
    if (this.#state === State.OPEN) this.#socket.resume()
  }

  end(): void {
    if (this.#state >= State.ENDING) return
    this.#state = State.ENDING
    this.#endTimer = setTimeout(() => this.#socket.terminate(), END_LIMIT_MS)
    this.#socket.resume()
    this.#socket.close(CLOSE_NORMAL)
  }

  destroy(): void {
    const wasOpen = this.#state !== State.CLOSED
    this.#state = State.CLOSED
    this.#socket.terminate()
    if (wasOpen) this.#release()
  }

  #refuseText(): void {
    this.#error ??= 'text frame received'
    this.#socket.resume()
    this.#socket.close(CLOSE_NOT_BINARY, 'MQTT needs binary frames')
    this.#state = State.ENDING
    this.#endTimer = setTimeout(() => this.#socket.terminate(), END_LIMIT_MS)
  }

  #written(): void {
    if (!this.#isWaiting || this.#socket.bufferedAmount > 0) return
    this.#isWaiting = false
    if (this.#state === State.OPEN) this.receiver.drained()
  }

  #closed(): void {
    if (this.#state === State.CLOSED) return
    this.#state = State.CLOSED
    this.#release()
    if (this.#error === undefined) this.receiver.ended()
    else this.receiver.ended(this.#error)
  }

  #release(): void {
    clearTimeout(this.#endTimer)
    this.onClosed(this)
  }
}
