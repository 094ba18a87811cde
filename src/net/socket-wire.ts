import type { Socket } from 'node:net'
import { HELD_FOR_GOOD, type HeldBytes } from '#kernel/block-pool.ts'
import { END_LIMIT_MS, type NetWire, type WireReceiver } from './net-wire.ts'
import { queuedBytes } from './queued-bytes.ts'

const State = { NEW: 0, OPEN: 1, ENDING: 2, CLOSED: 3 } as const
type State = (typeof State)[keyof typeof State]

/**
 * A connection over a socket of `node:net` or `node:tls`, by their public interface only.
 *
 * The socket must be paused when it is handed over.
 */
export class SocketWire<Info> implements NetWire<Info> {
  info: Info
  receiver: WireReceiver
  onClosed: (wire: NetWire<Info>) => void = () => {}
  readonly #socket: Socket
  readonly #onWritten: () => void
  #state: State = State.NEW
  #handedBytes = 0
  #isWaiting = false
  #isPaused = false
  #error: string | undefined
  #endTimer: NodeJS.Timeout | undefined

  constructor(socket: Socket, info: Info, receiver: WireReceiver) {
    this.#socket = socket
    this.info = info
    this.receiver = receiver
    this.#onWritten = () => this.#written()
    socket.on('error', (error) => {
      this.#error ??= codeOf(error)
    })
    socket.on('close', () => this.#closed())
  }

  get bufferedBytes(): number {
    return this.#state === State.CLOSED ? 0 : this.#socket.writableLength
  }

  get takenBytes(): number {
    return this.#handedBytes - this.bufferedBytes - queuedBytes(this.#socket)
  }

  start(): void {
    if (this.#state !== State.NEW) return
    this.#state = State.OPEN
    this.#socket.on('data', (bytes: Buffer) => {
      if (this.#state === State.OPEN) this.receiver.receive(bytes)
    })
    // The peer sends nothing more: what it could still be told, it does not wait for.
    this.#socket.on('end', () => this.#socket.destroy())
    if (!this.#isPaused) this.#socket.resume()
  }

  write(chunks: readonly Buffer[], totalBytes: number): boolean {
    const socket = this.#socket
    if (this.#state > State.OPEN || !socket.writable) return true
    this.#handedBytes += totalBytes
    if (chunks.length > 1) socket.cork()
    const last = chunks.length - 1
    for (let index = 0; index < last; index++) socket.write(chunks[index] as Buffer)
    if (last >= 0) socket.write(chunks[last] as Buffer, this.#onWritten)
    if (chunks.length > 1) socket.uncork()
    if (socket.writableLength === 0) return true
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
    if (this.#state === State.NEW) this.start() // Reading tells when the peer closes.
    if (this.#state !== State.OPEN) return
    this.#state = State.ENDING
    this.#endTimer = setTimeout(() => this.#socket.destroy(), END_LIMIT_MS)
    this.#socket.resume()
    this.#socket.end()
  }

  destroy(): void {
    const wasOpen = this.#state !== State.CLOSED
    this.#state = State.CLOSED
    this.#socket.destroy()
    if (wasOpen) this.#release()
  }

  #written(): void {
    if (!this.#isWaiting || this.#socket.writableLength > 0) return
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

function codeOf(error: Error & { code?: string }): string {
  return error.code ?? error.message
}
