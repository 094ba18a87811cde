import type { Socket } from 'node:net'
import type { WireInfo } from '#broker/ports.ts'
import {
  type ProxyHeader,
  ProxyHeaderReader,
  type ProxyResult,
} from '#codec/proxyprotocol/proxy-header.ts'
import { isLoopbackAddress } from '#net/ip-address.ts'
import type { NetWire } from '#net/net-wire.ts'
import { CloseReason, dropSocket } from './close.ts'
import type { Listener } from './listener.ts'
import type { Peer } from './peer.ts'

/**
 * Reads a PROXY header from a wire that has not been started, then hands the wire on with the
 * client's address in its facts and the bytes that came behind the header.
 */
export function readProxyFromWire(
  listener: Listener,
  wire: NetWire<WireInfo>,
  peer: Peer,
  next: (rest: Buffer) => void,
): void {
  const reader = new ProxyHeaderReader()
  const refuse = (reason: CloseReason, detail?: string): void => {
    clearTimeout(timer)
    listener.book.close(wire, reason, peer, detail)
  }
  const timer = setTimeout(() => refuse(CloseReason.PROXY_TIMEOUT), listener.options.proxyTimeoutMs)
  wire.receiver = {
    receive(bytes) {
      const result = reader.push(bytes)
      if (result.kind === 'more') return
      const real = peerBehind(peer, result)
      if (typeof real === 'string') return refuse(CloseReason.PROXY_MALFORMED, real)
      clearTimeout(timer)
      wire.info = listener.infoOf(real)
      next(result.kind === 'done' ? result.rest : Buffer.alloc(0))
    },
    ended: () => clearTimeout(timer),
    drained() {},
  }
  wire.start()
}

/**
 * Reads a PROXY header from a paused socket and puts back what came behind it, so that TLS or
 * HTTP can follow on the same socket.
 */
export function readProxyFromSocket(
  listener: Listener,
  socket: Socket,
  peer: Peer,
  next: (peer: Peer) => void,
): void {
  const reader = new ProxyHeaderReader()
  const stop = (): void => {
    clearTimeout(timer)
    socket.off('readable', onReadable)
    socket.off('close', stop)
  }
  const refuse = (reason: CloseReason, detail?: string): void => {
    stop()
    listener.book.close(socket, reason, peer, detail)
  }
  const onReadable = (): void => {
    for (let bytes = readChunk(socket); bytes !== null; bytes = readChunk(socket)) {
      const result = reader.push(bytes)
      if (result.kind === 'more') continue
      const real = peerBehind(peer, result)
      if (typeof real === 'string') return refuse(CloseReason.PROXY_MALFORMED, real)
      stop()
      if (result.kind === 'done' && result.rest.length > 0) socket.unshift(result.rest)
      return next(real)
    }
  }
  const timer = setTimeout(() => refuse(CloseReason.PROXY_TIMEOUT), listener.options.proxyTimeoutMs)
  socket.on('readable', onReadable)
  socket.once('close', stop)
  // Without a reader of its data the socket would never notice that the peer has gone.
  socket.once('end', () => dropSocket(socket))
}

function readChunk(socket: Socket): Buffer | null {
  return socket.read() as Buffer | null // No encoding is set, so it gives buffers.
}

/** The client that a complete header tells of, or what is wrong with it. */
export function peerBehind(peer: Peer, result: ProxyResult): Peer | string {
  if (result.kind === 'malformed') return result.reason
  if (result.kind === 'more') return 'the header is incomplete'
  return behindHeader(peer, result.header)
}

function behindHeader(peer: Peer, header: ProxyHeader): Peer | string {
  const { source, certCommonName } = header
  if (source === undefined) return peer
  // Clients of this host have rights that nobody elsewhere may give himself by a header.
  if (isLoopbackAddress(source.host) && !isLoopbackAddress(peer.directHost)) {
    return 'a proxy on another host claims a client on this host'
  }
  return { ...peer, host: source.host, port: source.port, certCommonName }
}
