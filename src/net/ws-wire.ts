import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { causeOf, LibraryWire, WireState } from './library-wire.ts'
import type { WireReceiver } from './net-wire.ts'

/** Output up to this size is joined into one frame; above it, every buffer is sent as it is. */
const JOINED_BYTES_MAX = 65_536
const CLOSE_NORMAL = 1000
const CLOSE_NOT_BINARY = 1003

/**
 * A WebSocket that carries a stream of bytes in binary messages.
 *
 * Where messages begin and end means nothing [MQTT-6.0.0-2]; a text message ends the connection
 * [MQTT-6.0.0-1].
 */
export class WsWire<Info> extends LibraryWire<Info> {
  /** Counted up by whoever looks for idle connections; anything received sets it to zero. */
  idleChecks = 0
  readonly #socket: WebSocket

  /** @param transport the socket under the WebSocket */
  constructor(socket: WebSocket, transport: Socket, info: Info, receiver: WireReceiver) {
    super(socket, transport, info, receiver)
    this.#socket = socket
    socket.on('error', (error) => this.failed(causeOf(error)))
    socket.on('close', () => this.closed())
  }

  start(): void {
    if (this.state !== WireState.NEW) return
    this.state = WireState.OPEN
    this.#socket.on('message', (bytes: Buffer, isBinary: boolean) => {
      if (this.state !== WireState.OPEN) return
      this.idleChecks = 0
      if (isBinary) this.receiver.receive(bytes)
      else this.#refuseText()
    })
    if (this.isPaused) this.#socket.pause()
  }

  write(chunks: readonly Buffer[], totalBytes: number): boolean {
    const socket = this.#socket
    if (this.state > WireState.OPEN || socket.readyState !== WebSocket.OPEN) return true
    if (totalBytes === 0) return true
    if (chunks.length > 1 && totalBytes <= JOINED_BYTES_MAX) {
      socket.send(Buffer.concat(chunks, totalBytes), this.onWritten)
    } else {
      for (const chunk of chunks) socket.send(chunk, this.onWritten)
    }
    return this.handed(totalBytes)
  }

  end(): void {
    if (this.state >= WireState.ENDING) return
    this.beginEnd()
    this.#socket.close(CLOSE_NORMAL)
  }

  protected override get waitingBytes(): number {
    return this.#socket.bufferedAmount
  }

  protected override cut(): void {
    this.#socket.terminate()
  }

  #refuseText(): void {
    this.failed('text frame received')
    this.beginEnd()
    this.#socket.close(CLOSE_NOT_BINARY, 'MQTT needs binary frames')
  }
}
