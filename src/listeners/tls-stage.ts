import type { Socket } from 'node:net'
import {
  createServer,
  type PeerCertificate,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
} from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import { loadTlsFiles } from '#net/tls-files.ts'
import { CloseReason, dropSocket } from './close.ts'
import type { Listener } from './listener.ts'
import type { TlsListenerOptions } from './listener-options.ts'
import type { Peer } from './peer.ts'

interface Handshake {
  readonly listener: Listener
  readonly socket: Socket
  readonly peer: Peer
  readonly next: NextStage
}

type NextStage = (socket: TLSSocket, peer: Peer) => void

/** Does the TLS handshakes of one listener on sockets that something else accepted. */
export class TlsStage {
  readonly #options: TlsListenerOptions
  readonly #server: Server
  readonly #handshakes = new Map<string, Handshake>()
  #files: SecureContextOptions

  /** @throws TlsConfigError when the files do not work */
  constructor(options: TlsListenerOptions, ticketKeys: Uint8Array) {
    this.#options = options
    this.#files = loadTlsFiles(options.files)
    this.#server = createServer({
      ...this.#files,
      requestCert: options.verifyPeer,
      rejectUnauthorized: options.verifyPeer && options.requirePeerCertificate,
      handshakeTimeout: options.handshakeTimeoutMs,
      ticketKeys: Buffer.from(ticketKeys),
    })
    this.#server.on('secureConnection', (socket) => this.#secured(socket))
    this.#server.on('tlsClientError', (error, socket) => this.#failed(error, socket))
  }

  /**
   * Loads the files again, for handshakes from now on; false when they are the same as before.
   * @throws TlsConfigError; the old ones stay in use then
   */
  reloadIfChanged(): boolean {
    const files = loadTlsFiles(this.#options.files)
    if (isDeepStrictEqual(files, this.#files)) return false
    this.#server.setSecureContext(files)
    this.#files = files
    return true
  }

  /** Begins a handshake. `next` is called when it has succeeded. */
  accept(listener: Listener, socket: Socket, peer: Peer, next: NextStage): void {
    const key = keyOf(socket)
    if (key === undefined || socket.destroyed) return dropSocket(socket)
    const handshake = { listener, socket, peer, next }
    this.#handshakes.set(key, handshake)
    socket.once('close', () => {
      if (this.#handshakes.get(key) === handshake) this.#handshakes.delete(key)
    })
    // Documented for HTTP servers, and how this class takes its own connections as well.
    this.#server.emit('connection', socket)
  }

  #secured(socket: TLSSocket): void {
    const handshake = this.#take(socket)
    if (handshake === undefined) return dropSocket(socket)
    const { listener, peer, next } = handshake
    const certificate = this.#options.verifyPeer ? socket.getPeerCertificate() : undefined
    const subject = certificate?.subject
    if (subject === undefined) return next(socket, peer)
    if (!socket.authorized) {
      const detail = String(socket.authorizationError)
      const reason = CloseReason.TLS_CLIENT_CERTIFICATE
      return listener.book.close(socket, reason, peer, detail)
    }
    const certCommonName = firstOf(subject.CN)
    const certSubject = distinguishedName(subject)
    // A copy: the whole message of the handshake would stay in memory with it.
    const raw = Uint8Array.from(certificate?.raw ?? [])
    next(socket, { ...peer, certCommonName, certSubject, certificate: raw })
  }

  #failed(error: Error & { code?: string }, socket: TLSSocket): void {
    const handshake = this.#take(socket)
    dropSocket(socket)
    if (handshake === undefined) return
    const { listener, peer } = handshake
    const detail = error.code ?? error.message
    listener.book.close(handshake.socket, CloseReason.TLS_FAILED, peer, detail)
  }

  #take(socket: TLSSocket): Handshake | undefined {
    const key = keyOf(socket)
    if (key === undefined) return undefined
    const handshake = this.#handshakes.get(key)
    this.#handshakes.delete(key)
    return handshake
  }
}

/** Names a connection: the same for a socket and the TLS socket above it. */
function keyOf(socket: Socket): string | undefined {
  const { remoteAddress, remotePort, localAddress } = socket
  if (remoteAddress === undefined) return undefined
  return `${remoteAddress} ${remotePort} ${localAddress}`
}

function firstOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

/** `C=SE,O=Example,CN=sensor`, in the order of the certificate. */
function distinguishedName(subject: PeerCertificate['subject']): string {
  const parts = Object.entries(subject) as [string, string | string[]][]
  return parts
    .flatMap(([key, value]) => (Array.isArray(value) ? value : [value]).map((v) => `${key}=${v}`))
    .join(',')
}
