import type { Socket } from 'node:net'
import { HELD_FOR_GOOD, type HeldBytes } from '#kernel/block-pool.ts'
import { END_LIMIT_MS, type NetWire, type WireReceiver } from './net-wire.ts'
import { queuedBytes } from './queued-bytes.ts'

/** Where a wire stands. */
export const WireState = { NEW: 0, OPEN: 1, ENDING: 2, CLOSED: 3 } as const
export type WireState = (typeof WireState)[keyof typeof WireState]

/** What stands under such a wire: a socket of Node.js, or a WebSocket. */
interface Source {
  pause(): unknown
  resume(): unknown
}

/** A wire that knows what lies under it by its public interface only: what all of them share. */
export abstract class LibraryWire<Info> implements NetWire<Info> {
  info: Info
  receiver: WireReceiver
  onClosed: (wire: NetWire<Info>) => void = () => {}
  protected state: WireState = WireState.NEW
  protected isPaused = false
  /** To be called when something was written. */
  protected readonly onWritten: () => void
  readonly #source: Source
  readonly #transport: Socket
  #handedBytes = 0
  #isWaiting = false
  #error: string | undefined
  #endTimer: NodeJS.Timeout | undefined

  /** @param transport the socket at the bottom */
  constructor(source: Source, transport: Socket, info: Info, receiver: WireReceiver) {
    this.#source = source
    this.#transport = transport
    this.info = info
    this.receiver = receiver
    this.onWritten = () => this.#written()
  }

  abstract start(): void
  abstract write(chunks: readonly Buffer[], totalBytes: number): boolean
  abstract end(): void
  /** Bytes that wait inside the library. */
  protected abstract get waitingBytes(): number
  /** Ends the connection at once. */
  protected abstract cut(): void

  get bufferedBytes(): number {
    return this.state === WireState.CLOSED ? 0 : this.waitingBytes
  }

  get takenBytes(): number {
    return this.#handedBytes - this.bufferedBytes - queuedBytes(this.#transport)
  }

  /** Node.js reads into new memory every time. */
  holdReceived(): HeldBytes {
    return HELD_FOR_GOOD
  }

  pause(): void {
    this.isPaused = true
    if (this.state === WireState.OPEN) this.#source.pause()
  }

  resume(): void {
    this.isPaused = false
    if (this.state === WireState.OPEN) this.#source.resume()
  }

  destroy(): void {
    const wasOpen = this.state !== WireState.CLOSED
    this.state = WireState.CLOSED
    this.cut()
    if (wasOpen) this.#release()
  }

  /** So many bytes were handed over; gives what `write` has to. */
  protected handed(bytes: number): boolean {
    this.#handedBytes += bytes
    if (this.waitingBytes === 0) return true
    this.#isWaiting = true
    return false
  }

  /** The end begins: what still comes is read and thrown away until the peer closes. */
  protected beginEnd(): void {
    this.state = WireState.ENDING
    this.#endTimer = setTimeout(() => this.cut(), END_LIMIT_MS)
    this.#source.resume()
  }

  /** Something went wrong; the first cause is told when the connection is closed. */
  protected failed(cause: string): void {
    this.#error ??= cause
  }

  /** The connection is closed. */
  protected closed(): void {
    if (this.state === WireState.CLOSED) return
    this.state = WireState.CLOSED
    this.#release()
    if (this.#error === undefined) this.receiver.ended()
    else this.receiver.ended(this.#error)
  }

  #written(): void {
    if (!this.#isWaiting || this.waitingBytes > 0) return
    this.#isWaiting = false
    if (this.state === WireState.OPEN) this.receiver.drained()
  }

  #release(): void {
    clearTimeout(this.#endTimer)
    this.onClosed(this)
  }
}

/** An error in a word. */
export function causeOf(error: Error & { readonly code?: string }): string {
  return error.code ?? error.message
}
