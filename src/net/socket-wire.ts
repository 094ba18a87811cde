import type { Socket } from 'node:net'
import { causeOf, LibraryWire, WireState } from './library-wire.ts'
import type { WireReceiver } from './net-wire.ts'

/**
 * A connection over a socket of `node:net` or `node:tls`, by their public interface only.
 *
 * The socket must be paused when it is handed over.
 */
export class SocketWire<Info> extends LibraryWire<Info> {
  readonly #socket: Socket

  constructor(socket: Socket, info: Info, receiver: WireReceiver) {
    super(socket, socket, info, receiver)
    this.#socket = socket
    socket.on('error', (error) => this.failed(causeOf(error)))
    socket.on('close', () => this.closed())
  }

  start(): void {
    if (this.state !== WireState.NEW) return
    this.state = WireState.OPEN
    this.#socket.on('data', (bytes: Buffer) => {
      if (this.state === WireState.OPEN) this.receiver.receive(bytes)
    })
    // The peer sends nothing more: what it could still be told, it does not wait for.
    this.#socket.on('end', () => this.#socket.destroy())
    if (!this.isPaused) this.#socket.resume()
  }

  write(chunks: readonly Buffer[], totalBytes: number): boolean {
    const socket = this.#socket
    if (this.state > WireState.OPEN || !socket.writable) return true
    if (chunks.length > 1) socket.cork()
    const last = chunks.length - 1
    for (let index = 0; index < last; index++) socket.write(chunks[index] as Buffer)
    if (last >= 0) socket.write(chunks[last] as Buffer, this.onWritten)
    if (chunks.length > 1) socket.uncork()
    return this.handed(totalBytes)
  }

  end(): void {
    if (this.state === WireState.NEW) this.start() // Reading tells when the peer closes.
    if (this.state !== WireState.OPEN) return
    this.beginEnd()
    this.#socket.end()
  }

  protected override get waitingBytes(): number {
    return this.#socket.writableLength
  }

  protected override cut(): void {
    this.#socket.destroy()
  }
}
