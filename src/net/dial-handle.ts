import { isIPv6 } from 'node:net'
import { errorName } from './error-name.ts'
import { type HandleTools, HandleWire } from './handle-wire.ts'
import { type NetWire, NO_RECEIVER } from './net-wire.ts'
import type { TcpHandle } from './tcp-internals.ts'

/** The part of Node.js below `net.connect`; see tcp-internals.ts for why and how safe that is. */
export interface DialInternals {
  readonly TCP: new (type: number) => DialedHandle
  readonly TCPConnectWrap: new () => ConnectRequest
  /** Argument of `TCP` for a connection, not a listening port. */
  readonly socketType: number
}

interface DialedHandle extends TcpHandle {
  bind(address: string, port: number): number
  bind6(address: string, port: number, flags: number): number
  connect(request: object, address: string, port: number): number
  connect6(request: object, address: string, port: number): number
}

interface ConnectRequest {
  oncomplete: (status: number) => void
}

/** Where to, and from where. */
export interface TcpTarget {
  /** An address, not a name. */
  readonly address: string
  readonly port: number
  /** Address of this host to connect from; undefined lets the system choose. */
  readonly localAddress?: string | undefined
}

/** How a dial ended; exactly one of the two is called, never before `dial` has returned. */
export interface DialEvents {
  /** The wire has no receiver and does not read yet. */
  opened(wire: NetWire<undefined>): void
  /** `error` is a name of the system such as ECONNREFUSED, or words. */
  failed(error: string): void
}

const METHODS = ['bind', 'bind6', 'connect', 'connect6'] as const

/** Looks the internals up; undefined when they are missing or have another form. */
export function loadDialInternals(): DialInternals | undefined {
  const { binding } = process as unknown as {
    binding?: (name: string) => Readonly<Record<string, unknown>>
  }
  if (typeof binding !== 'function') return undefined
  try {
    const { TCP, TCPConnectWrap, constants } = binding.call(process, 'tcp_wrap')
    if (typeof TCP !== 'function' || typeof TCPConnectWrap !== 'function') return undefined
    const prototype = TCP.prototype as Readonly<Record<string, unknown>>
    const { SOCKET } = constants as Readonly<Record<string, unknown>>
    if (typeof SOCKET !== 'number') return undefined
    if (!METHODS.every((name) => typeof prototype[name] === 'function')) return undefined
    return { TCP, TCPConnectWrap, socketType: SOCKET } as unknown as DialInternals
  } catch {
    return undefined // A later Node.js may refuse to hand them out.
  }
}

/** Connects without the stream machinery of Node.js. No time limit but that of the system. */
export function dialHandle(
  target: TcpTarget,
  events: DialEvents,
  internals: DialInternals,
  tools: HandleTools,
): void {
  const handle = new internals.TCP(internals.socketType)
  const request = new internals.TCPConnectWrap()
  const fail = (errno: number): void => {
    handle.close()
    events.failed(errorName(errno))
  }
  request.oncomplete = (status) => {
    if (status < 0) return fail(status)
    handle.setNoDelay(true)
    events.opened(new HandleWire(handle, undefined, NO_RECEIVER, tools))
  }
  const error = bindAndConnect(handle, request, target)
  if (error < 0) process.nextTick(fail, error)
}

function bindAndConnect(handle: DialedHandle, request: object, target: TcpTarget): number {
  const { address, port, localAddress } = target
  if (localAddress !== undefined) {
    const error = isIPv6(localAddress)
      ? handle.bind6(localAddress, 0, 0)
      : handle.bind(localAddress, 0)
    if (error < 0) return error
  }
  return isIPv6(address)
    ? handle.connect6(request, address, port)
    : handle.connect(request, address, port)
}
