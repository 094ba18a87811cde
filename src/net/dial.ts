import { connect, type Socket } from 'node:net'
import { connect as connectTls, type SecureContext } from 'node:tls'
import { WebSocket } from 'ws'
import { type DialEvents, dialHandle, loadDialInternals, type TcpTarget } from './dial-handle.ts'
import type { HandleTools } from './handle-wire.ts'
import { NO_RECEIVER } from './net-wire.ts'
import { SocketWire } from './socket-wire.ts'
import { WsWire } from './ws-wire.ts'

/** TLS of a client. */
export interface DialTls {
  /** Authorities and own certificate; one object for all connections of a thread. */
  readonly context: SecureContext
  /** Name that the server's certificate has to carry; empty: none is sent or checked. */
  readonly serverName: string
  /** False accepts any certificate. */
  readonly verify: boolean
}

/** Where to connect and by which transport. */
export interface DialTarget extends TcpTarget {
  readonly tls?: DialTls | undefined
  /** Path of the WebSocket with the subprotocol `mqtt`; undefined: no WebSocket. */
  readonly webSocketPath?: string | undefined
}

/** Makes connections. */
export type Dialer = (target: DialTarget, events: DialEvents) => void

/**
 * A dialer for this thread.
 *
 * TCP goes below the streams of Node.js when `tools` is given and the internals allow it; TLS and
 * WebSocket use public interfaces. There is no time limit but that of the system.
 */
export function makeDialer(tools: HandleTools | undefined): Dialer {
  const internals = tools === undefined ? undefined : loadDialInternals()
  return (target, events) => {
    if (target.webSocketPath !== undefined) return dialWebSocket(target, events)
    if (target.tls !== undefined) return dialTls(target, target.tls, events)
    if (tools === undefined || internals === undefined) return dialSocket(target, events)
    dialHandle(target, events, internals, tools)
  }
}

function dialSocket(target: DialTarget, events: DialEvents): void {
  settle(connect(socketOptions(target)), 'connect', events)
}

function dialTls(target: DialTarget, tls: DialTls, events: DialEvents): void {
  const socket = connectTls({ ...socketOptions(target), ...tlsOptions(tls) })
  settle(socket, 'secureConnect', events)
}

function settle(socket: Socket, openEvent: string, events: DialEvents): void {
  const failed = (error: Error & { code?: string }): void => events.failed(describe(error))
  socket.once('error', failed)
  socket.once(openEvent, () => {
    socket.off('error', failed)
    socket.pause()
    events.opened(new SocketWire(socket, undefined, NO_RECEIVER))
  })
}

function dialWebSocket(target: DialTarget, events: DialEvents): void {
  const { address, port, tls, webSocketPath = '/' } = target
  const host = address.includes(':') ? `[${address}]` : address
  const url = `${tls === undefined ? 'ws' : 'wss'}://${host}:${port}${webSocketPath}`
  const socket = new WebSocket(url, ['mqtt'], {
    perMessageDeflate: false,
    ...(target.localAddress !== undefined && { localAddress: target.localAddress }),
    ...(tls !== undefined && tlsOptions(tls)),
  })
  let transport: Socket | undefined = undefined
  const failed = (error: Error & { code?: string }): void => events.failed(describe(error))
  socket.once('upgrade', (response) => {
    transport = response.socket
  })
  socket.once('error', failed)
  socket.once('open', () => {
    socket.off('error', failed)
    if (transport === undefined) return events.failed('no transport under the WebSocket')
    transport.setNoDelay(true)
    events.opened(new WsWire(socket, transport, undefined, NO_RECEIVER))
  })
}

function socketOptions({ address, port, localAddress }: DialTarget) {
  return {
    host: address,
    port,
    noDelay: true,
    ...(localAddress !== undefined && { localAddress }),
  }
}

function tlsOptions({ context, serverName, verify }: DialTls) {
  return {
    secureContext: context,
    rejectUnauthorized: verify,
    ...(serverName !== '' && { servername: serverName }),
  }
}

/** The name of the system's error where there is one, else the words of the error. */
function describe(error: Error & { code?: string }): string {
  const { code, message } = error
  return code?.startsWith('E') === true && !code.startsWith('ERR_') ? code : message
}
