import { createServer, Socket, type Server } from 'node:net'
import { errorName } from './error-name.ts'
import { HandleWire, type HandleTools } from './handle-wire.ts'
import { plainAddress } from './ip-address.ts'
import { toListenError } from './listen-error.ts'
import type { NetWire, WireReceiver } from './net-wire.ts'
import { SocketWire } from './socket-wire.ts'
import type { TcpHandle } from './tcp-internals.ts'

/** Where and how to accept TCP connections. */
export interface AcceptorOptions {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** Connections that may wait to be accepted. */
  readonly backlog: number
  /** Several threads of this process listen on the same port; the system spreads connections. */
  readonly reusePort: boolean
  readonly noDelay: boolean
  readonly keepAlive: KeepAlive | undefined
}

/** TCP keep-alive: first probe after `idleS` seconds, then every `intervalS`, `count` times. */
export interface KeepAlive {
  readonly idleS: number
  readonly intervalS: number
  readonly count: number
}

/** A connection just accepted. Exactly one of `wire`, `socket` and `refuse` is called on it. */
export interface Incoming {
  readonly peerHost: string
  readonly peerPort: number
  /** Address of the listener. */
  readonly localHost: string
  readonly localPort: number
  /** Makes it a wire that carries TCP bytes. */
  wire<Info>(info: Info, receiver: WireReceiver): NetWire<Info>
  /** Makes it a socket that does not read yet, for TLS and HTTP. */
  socket(): Socket
  /** Closes it. */
  refuse(): void
}

/** What an acceptor tells its owner. */
export interface AcceptorEvents {
  accepted(incoming: Incoming): void
  /** A connection could not be accepted; `code` such as EMFILE. */
  failed(code: string): void
  /** A connection was reset before it could be accepted. */
  vanished(): void
}

/** An open listening port. */
export interface Acceptor {
  readonly port: number
  /** Accepts nothing more; connections stay. */
  close(): Promise<void>
}

/**
 * Opens a listening port.
 *
 * With `tools`, connections become `HandleWire`, else `SocketWire`.
 * @throws ListenError
 */
export async function openAcceptor(
  options: AcceptorOptions,
  events: AcceptorEvents,
  tools: HandleTools | undefined,
): Promise<Acceptor> {
  const server = createServer({ pauseOnConnect: true, noDelay: options.noDelay })
  await listen(server, options)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  if (tools === undefined) acceptSockets(server, options, port, events)
  else acceptHandles(server, options, port, events, tools)
  return { port, close: () => closeServer(server) }
}

/**
 * Tells whether a port is free, with the error of the system if not. Threads that share a port
 * by `reusePort` would not notice another process that does the same.
 * @throws ListenError
 */
export async function checkPortIsFree(host: string, port: number): Promise<void> {
  if (port === 0) return
  const server = createServer()
  await listen(server, { host, port, backlog: 1, reusePort: false })
  await closeServer(server)
}

type ListenOptions = Pick<AcceptorOptions, 'host' | 'port' | 'backlog' | 'reusePort'>

function listen(server: Server, options: ListenOptions): Promise<void> {
  const { host, port, backlog, reusePort } = options
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(toListenError(error, host, port))
    server.once('error', fail)
    server.listen({ host, port, backlog, reusePort, exclusive: true }, () => {
      server.off('error', fail)
      resolve()
    })
  })
}

function closeServer(server: Server): Promise<void> {
  // Not waiting for `close`: it comes only when the last connection has ended.
  server.close()
  return new Promise((resolve) => setImmediate(resolve))
}

function acceptSockets(
  server: Server,
  options: AcceptorOptions,
  localPort: number,
  events: AcceptorEvents,
): void {
  const { keepAlive } = options
  server.on('error', (error: Error & { code?: string }) => {
    events.failed(error.code ?? error.message)
  })
  server.on('connection', (socket) => {
    const { remoteAddress, remotePort } = socket
    if (remoteAddress === undefined || remotePort === undefined) {
      socket.destroy()
      return events.vanished()
    }
    if (keepAlive !== undefined) {
      socket.setKeepAlive({
        enable: true,
        initialDelay: keepAlive.idleS * 1000,
        interval: keepAlive.intervalS * 1000,
        count: keepAlive.count,
      })
    }
    events.accepted({
      peerHost: plainAddress(remoteAddress),
      peerPort: remotePort,
      localHost: options.host,
      localPort,
      wire: (info, receiver) => new SocketWire(socket, info, receiver),
      socket: () => socket,
      refuse: () => void socket.destroy(),
    })
  })
}

function acceptHandles(
  server: Server,
  options: AcceptorOptions,
  localPort: number,
  events: AcceptorEvents,
  tools: HandleTools,
): void {
  const { keepAlive, noDelay } = options
  const { _handle: listening } = server as unknown as {
    _handle: { onconnection: (error: number, handle: TcpHandle) => void }
  }
  listening.onconnection = (error, handle) => {
    if (error < 0) return events.failed(errorName(error))
    const peer: { address?: string; port?: number } = {}
    if (handle.getpeername(peer) !== 0) {
      handle.close()
      return events.vanished()
    }
    if (noDelay) handle.setNoDelay(true)
    if (keepAlive !== undefined) {
      handle.setKeepAlive(true, keepAlive.idleS, keepAlive.intervalS, keepAlive.count)
    }
    const { address = '', port = 0 } = peer
    const peerPlace = { host: plainAddress(address), port }
    const place = { host: options.host, port: localPort }
    events.accepted(new IncomingHandle(handle, peerPlace, place, tools))
  }
}

class IncomingHandle implements Incoming {
  readonly peerHost: string
  readonly peerPort: number
  readonly localHost: string
  readonly localPort: number
  readonly #handle: TcpHandle
  readonly #tools: HandleTools

  constructor(
    handle: TcpHandle,
    peer: { readonly host: string; readonly port: number },
    local: { readonly host: string; readonly port: number },
    tools: HandleTools,
  ) {
    this.#handle = handle
    this.#tools = tools
    this.peerHost = peer.host
    this.peerPort = peer.port
    this.localHost = local.host
    this.localPort = local.port
  }

  wire<Info>(info: Info, receiver: WireReceiver): NetWire<Info> {
    return new HandleWire(this.#handle, info, receiver, this.#tools)
  }

  socket(): Socket {
    // What net.Server does with a handle when it is asked to pause on connect.
    const options = { handle: this.#handle, pauseOnCreate: true, readable: true, writable: true }
    return new Socket(options as unknown as ConstructorParameters<typeof Socket>[0])
  }

  refuse(): void {
    this.#handle.close()
  }
}
