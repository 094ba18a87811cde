/**
 * The contract of one network connection, and of what sits on top of it.
 *
 * Three implementations share it and one suite of tests: `HandleWire` (TCP, through the handle
 * below the streams of Node.js), `SocketWire` (any socket, public interface only) and `WsWire`.
 */

import type { HeldBytes } from '#kernel/block-pool.ts'

/** What a wire reports to. The connections of the broker core have this shape. */
export interface WireReceiver {
  /** Bytes from the peer; they are valid only during the call. */
  receive(bytes: Buffer): void
  /** The connection is over. Called exactly once, and never after the owner called `destroy`. */
  ended(error?: string): void
  /** Nothing waits to be sent any more, after something did. */
  drained(): void
}

/** One network connection that carries bytes in both directions. */
export interface NetWire<Info> {
  /** Facts about the peer. May be replaced until the connection is handed on. */
  info: Info
  /** May be replaced at any time; the next event goes to the new one. */
  receiver: WireReceiver
  /** Tells the listener that the connection is gone. Called exactly once, however it ended. */
  onClosed: (wire: NetWire<Info>) => void
  /** Bytes handed over and not yet taken by the kernel. */
  readonly bufferedBytes: number
  /** Grows as the kernel takes output; only its differences mean something. */
  readonly takenBytes: number
  /** Begins to read. Nothing is received before. */
  start(): void
  /**
   * Sends the buffers in order, gathered. The array itself is not kept. Never throws; a failure
   * is reported through `ended`, later.
   * @returns true when the kernel has taken everything and the buffers may be used again; false
   * when they must not change any more
   */
  write(chunks: readonly Buffer[], totalBytes: number): boolean
  /**
   * During `receive`: asks that the bytes just received stay as they are, for `bytes` of them.
   * @returns undefined when they are to be copied instead
   */
  holdReceived(bytes: number): HeldBytes | undefined
  pause(): void
  resume(): void
  /** Sends what waits, closes our direction, and cuts the connection after `END_LIMIT_MS`. */
  end(): void
  /** Cuts the connection at once; `ended` is not called. */
  destroy(): void
}

/** Longest time an ended connection waits for the peer to take the rest and to close. */
export const END_LIMIT_MS = 5000

/** Receiver of a connection nobody listens to. */
export const NO_RECEIVER: WireReceiver = Object.freeze({
  receive() {},
  ended() {},
  drained() {},
})
