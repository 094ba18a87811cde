/**
 * The part of Node.js below its streams that `HandleWire` stands on.
 *
 * It is not a public interface. `loadTcpInternals` looks whether everything is there in the form
 * expected, and `probeTcpInternals` (tcp-probe.ts) tries it on a real connection at start; if
 * either says no, connections go through `net.Socket` instead and only speed is lost.
 */

/** A TCP connection of libuv as Node.js hands it to JavaScript. */
export interface TcpHandle {
  /**
   * Called with the numbers of a read in `TcpInternals.state`. What it returns is the buffer of
   * the reads that follow.
   */
  onread: (this: TcpHandle) => Buffer | undefined
  readonly writeQueueSize: number
  readonly bytesWritten: number
  readStart(): number
  readStop(): number
  useUserBuffer(buffer: Buffer): void
  writeBuffer(request: object, buffer: Buffer): number
  writev(request: object, buffers: readonly Buffer[], allBuffers: true): number
  shutdown(request: object): number
  setNoDelay(enable: boolean): number
  setKeepAlive(enable: boolean, idleS: number, intervalS?: number, count?: number): number
  getpeername(out: { address?: string; port?: number }): number
  close(done?: () => void): void
}

/** What an asynchronous write or shutdown hangs on. */
export interface StreamRequest {
  oncomplete: (this: StreamRequest, status: number) => void
}

/** Constructors and the shared result register of stream calls. */
export interface TcpInternals {
  readonly WriteWrap: new () => StreamRequest
  readonly ShutdownWrap: new () => StreamRequest
  /** Results of the latest read or write of this thread. */
  readonly state: Int32Array
  /** Index in `state`: bytes read, or a negative error number. */
  readonly readBytesOrError: number
  /** Index in `state`: 1 when the latest write could not be finished at once. */
  readonly lastWriteWasAsync: number
}

const HANDLE_METHODS = [
  'close',
  'getpeername',
  'readStart',
  'readStop',
  'setKeepAlive',
  'setNoDelay',
  'shutdown',
  'useUserBuffer',
  'writeBuffer',
  'writev',
] as const

type Binding = Readonly<Record<string, unknown>>

/** Looks the internals up; undefined when they are missing or have another form. */
export function loadTcpInternals(): TcpInternals | undefined {
  const { binding } = process as unknown as { binding?: (name: string) => Binding }
  if (typeof binding !== 'function') return undefined
  try {
    const stream = binding.call(process, 'stream_wrap')
    const tcp = binding.call(process, 'tcp_wrap')
    return hasHandleMethods(tcp['TCP']) ? readStream(stream) : undefined
  } catch {
    return undefined // A later Node.js may refuse to hand them out.
  }
}

function hasHandleMethods(constructor: unknown): boolean {
  if (typeof constructor !== 'function') return false
  const prototype = constructor.prototype as Readonly<Record<string, unknown>> | undefined
  return HANDLE_METHODS.every((name) => typeof prototype?.[name] === 'function')
}

function readStream(stream: Binding): TcpInternals | undefined {
  const { WriteWrap, ShutdownWrap, streamBaseState: state } = stream
  const readBytesOrError = stream['kReadBytesOrError']
  const lastWriteWasAsync = stream['kLastWriteWasAsync']
  if (typeof WriteWrap !== 'function' || typeof ShutdownWrap !== 'function') return undefined
  if (!(state instanceof Int32Array)) return undefined
  if (typeof readBytesOrError !== 'number' || typeof lastWriteWasAsync !== 'number') {
    return undefined
  }
  return {
    WriteWrap: WriteWrap as new () => StreamRequest,
    ShutdownWrap: ShutdownWrap as new () => StreamRequest,
    state,
    readBytesOrError,
    lastWriteWasAsync,
  }
}
