import { type Block, BlockPool, type HeldBytes } from '#kernel/block-pool.ts'
import { errorName } from './error-name.ts'
import { END_LIMIT_MS, type NetWire, type WireReceiver } from './net-wire.ts'
import type { ReadBuffer } from './read-buffer.ts'
import type { StreamRequest, TcpHandle, TcpInternals } from './tcp-internals.ts'

/** What `HandleWire` needs of its thread: one object, shared by all connections. */
export interface HandleTools {
  readonly internals: TcpInternals
  readonly readBuffer: ReadBuffer
  /** Blocks for the connections that receive much at once, see `onRead`. */
  readonly readBlocks: BlockPool
  /** Connections that read into blocks, the one that took its block first in front. */
  readonly blockReaders: Set<HandleWire<unknown>>
  /** Request object for the next write; a write that finishes at once leaves it unused. */
  spareRequest: StreamRequest
}

/** Tools for the connections of this thread. */
export function makeHandleTools(internals: TcpInternals, readBuffer: ReadBuffer): HandleTools {
  const readBlocks = new BlockPool({
    blockBytes: readBuffer.bytes.length,
    usedMax: BLOCK_READERS_MAX,
    spareMax: BLOCK_READERS_MAX,
  })
  const spareRequest = new internals.WriteWrap()
  return { internals, readBuffer, readBlocks, blockReaders: new Set(), spareRequest }
}

/** A handle and the wire on it: the only way from a callback of the handle to the wire. */
interface OwnedHandle extends TcpHandle {
  wire: HandleWire<unknown>
}

interface WireRequest extends StreamRequest {
  wire: HandleWire<unknown>
  /** Keeps the memory alive that libuv still reads from. */
  chunks?: readonly Buffer[]
}

const State = { NEW: 0, OPEN: 1, ENDING: 2, CLOSED: 3 } as const
type State = (typeof State)[keyof typeof State]

const END_OF_FILE = 'EOF'

/** A read of this size says that its connection sends much: the next one goes into a block. */
const BLOCK_BYTES_FIRST = 16_384
/** Two smaller reads in a row end the use of blocks. */
const BLOCK_BYTES_MIN = 4_096
/** Connections that read into blocks at the same time; all others use the buffer of the thread. */
const BLOCK_READERS_MAX = 64
/** A connection that has not filled its block for so long loses it when another one wants it. */
const BLOCK_IDLE_MS = 1_000

/**
 * A TCP connection without the stream machinery of Node.js [MQTT-4.2.0-1].
 *
 * Reads go through one buffer for all connections of the thread; a write that the kernel takes at
 * once (nearly all of them) allocates nothing. Fields are plain: every message passes here.
 */
export class HandleWire<Info> implements NetWire<Info> {
  info: Info
  receiver: WireReceiver
  onClosed: (wire: NetWire<Info>) => void = ignore
  readonly handle: OwnedHandle
  readonly tools: HandleTools
  state: State = State.NEW
  isPaused = false
  /** Writes that libuv has not finished. */
  pendingWrites = 0
  endTimer: NodeJS.Timeout | undefined = undefined
  /** What it reads into while much comes at once; undefined = the buffer of the thread. */
  block: Block | undefined = undefined
  /** `block`, while what was read into it is being received. */
  receiving: Block | undefined = undefined
  /** The latest read into a block was a small one. */
  wasSmall = false
  /** When it took the block. */
  blockSinceMs = 0

  /** Takes over the handle; whoever had it must not touch it again. */
  constructor(handle: TcpHandle, info: Info, receiver: WireReceiver, tools: HandleTools) {
    this.handle = handle as OwnedHandle // `wire` is set on the next line.
    this.handle.wire = this as HandleWire<unknown>
    this.info = info
    this.receiver = receiver
    this.tools = tools
    this.handle.onread = onRead
  }

  get bufferedBytes(): number {
    return this.pendingWrites === 0 ? 0 : this.handle.writeQueueSize
  }

  get takenBytes(): number {
    return this.state === State.CLOSED ? 0 : this.handle.bytesWritten - this.bufferedBytes
  }

  start(): void {
    if (this.state !== State.NEW) return
    this.state = State.OPEN
    this.handle.useUserBuffer(this.tools.readBuffer.bytes)
    if (!this.isPaused) this.handle.readStart()
  }

  write(chunks: readonly Buffer[], _totalBytes: number): boolean {
    if (this.state > State.OPEN) return true
    const { tools, handle } = this
    const request = tools.spareRequest
    const first = chunks[0]
    if (first === undefined) return true
    const error =
      chunks.length === 1
        ? handle.writeBuffer(request, first)
        : handle.writev(request, chunks, true)
    if (error !== 0) {
      this.failLater(error)
      return true
    }
    if (tools.internals.state[tools.internals.lastWriteWasAsync] === 0) return true
    tools.spareRequest = new tools.internals.WriteWrap()
    this.pendingWrites += 1
    const pending = request as WireRequest
    pending.wire = this as HandleWire<unknown>
    pending.chunks = chunks.slice()
    pending.oncomplete = onWritten
    return false
  }

  holdReceived(bytes: number): HeldBytes | undefined {
    return this.receiving?.holdReceived(bytes)
  }

  pause(): void {
    this.isPaused = true
    if (this.state === State.OPEN) this.handle.readStop()
  }

  resume(): void {
    this.isPaused = false
    if (this.state === State.OPEN) this.handle.readStart()
  }

  end(): void {
    if (this.state === State.NEW) this.start() // Reading tells when the peer closes.
    if (this.state !== State.OPEN) return
    this.state = State.ENDING
    this.endTimer = setTimeout(cut, END_LIMIT_MS, this as HandleWire<unknown>)
    this.handle.readStart()
    const request = new this.tools.internals.ShutdownWrap() as WireRequest
    request.wire = this as HandleWire<unknown>
    request.oncomplete = onShutdown
    const error = this.handle.shutdown(request)
    if (error < 0) this.failLater(error)
  }

  destroy(): void {
    this.close()
  }

  /** The peer closed, or the connection broke (`error` in words). */
  finish(error: string | undefined): void {
    if (!this.close()) return
    if (error === undefined) this.receiver.ended()
    else this.receiver.ended(error)
  }

  /** The caller of a failing `write` is told after it has returned. */
  failLater(errno: number): void {
    process.nextTick(finishWith, this, errno)
  }

  /** Gets a block, if there is one; the caller has it read into. */
  takeBlock(): void {
    const { readBlocks, blockReaders } = this.tools
    const nowMs = performance.now()
    if (blockReaders.size >= BLOCK_READERS_MAX) {
      for (const first of blockReaders) {
        if (nowMs - first.blockSinceMs < BLOCK_IDLE_MS) return
        first.leaveBlock()
        first.handle.useUserBuffer(this.tools.readBuffer.bytes)
        break
      }
    }
    this.block = readBlocks.take()
    if (this.block === undefined) return
    this.blockSinceMs = nowMs
    blockReaders.add(this as HandleWire<unknown>)
  }

  /** Gives its block back; the caller has the buffer of the thread read into. */
  leaveBlock(): void {
    if (this.block === undefined) return
    this.tools.readBlocks.giveBack(this.block)
    this.tools.blockReaders.delete(this as HandleWire<unknown>)
    this.block = undefined
  }

  /** Closes the handle; false when that was done before. */
  close(): boolean {
    if (this.state === State.CLOSED) return false
    this.state = State.CLOSED
    if (this.endTimer !== undefined) clearTimeout(this.endTimer)
    this.handle.close()
    if (this.block !== undefined && this.receiving === undefined) this.leaveBlock()
    this.onClosed(this)
    return true
  }
}

function ignore(): void {}

function cut(wire: HandleWire<unknown>): void {
  wire.finish(undefined)
}

function finishWith(wire: HandleWire<unknown>, errno: number): void {
  wire.finish(errorName(errno))
}

/**
 * A read is done. Connections that send much at a time read into blocks of their own, so that
 * large payloads can be sent on from where they lie.
 * @returns the buffer for the next read, when it is another one
 */
function onRead(this: TcpHandle): Buffer | undefined {
  const { wire } = this as OwnedHandle
  const { internals, readBuffer } = wire.tools
  const count = internals.state[internals.readBytesOrError] ?? 0
  if (wire.block !== undefined) return onBlockRead(wire, wire.block, count)
  if (count > 0) {
    if (wire.state === State.OPEN) wire.receiver.receive(readBuffer.view(count))
    if (count >= BLOCK_BYTES_FIRST) return nextBuffer(wire)
  } else onNothingRead(wire, count)
  return undefined
}

function onBlockRead(wire: HandleWire<unknown>, block: Block, count: number): Buffer | undefined {
  if (count > 0 && wire.state === State.OPEN) {
    wire.receiving = block
    wire.receiver.receive(block.bytes.subarray(0, count))
    wire.receiving = undefined
  } else onNothingRead(wire, count)
  // One small read may be the end of much; nothing is read when the block was filled to its end.
  const isSmall = count > 0 && count < BLOCK_BYTES_MIN
  const goesOn = count >= 0 && !(isSmall && wire.wasSmall) && wire.state === State.OPEN
  wire.wasSmall = isSmall
  if (goesOn && !block.isHeld) return undefined
  wire.leaveBlock()
  return goesOn ? nextBuffer(wire) : wire.tools.readBuffer.bytes
}

function nextBuffer(wire: HandleWire<unknown>): Buffer {
  if (wire.state === State.OPEN) wire.takeBlock()
  return wire.block?.bytes ?? wire.tools.readBuffer.bytes
}

function onNothingRead(wire: HandleWire<unknown>, count: number): void {
  if (count < 0) {
    const error = errorName(count)
    wire.finish(error === END_OF_FILE ? undefined : error)
  }
}

function onWritten(this: StreamRequest, status: number): void {
  const { wire } = this as WireRequest
  wire.pendingWrites -= 1
  if (wire.state === State.CLOSED) return
  if (status < 0) wire.finish(errorName(status))
  else if (wire.pendingWrites === 0 && wire.state === State.OPEN) wire.receiver.drained()
}

function onShutdown(this: StreamRequest, status: number): void {
  if (status < 0) (this as WireRequest).wire.finish(errorName(status))
}
