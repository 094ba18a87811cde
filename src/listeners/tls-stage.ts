import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import {
  createSecureContext,
  createServer,
  type PeerCertificate,
  type SecureContext,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
} from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import { type PskTable, readPskFile } from '#net/psk-file.ts'
import { loadTlsFiles } from '#net/tls-files.ts'
import { chainProblem } from './client-chain.ts'
import { CloseReason, dropSocket } from './close.ts'
import type { Listener, ListenerTools } from './listener.ts'
import type { TlsListenerOptions } from './listener-options.ts'
import { OcspStaple } from './ocsp-staple.ts'
import type { Peer } from './peer.ts'
import { ServerNames } from './server-names.ts'

const UNKNOWN_KEY_BYTES = 32

/** What a stage needs from its thread; `ticketKeys` are 48 secret bytes. */
export type TlsStageTools = Pick<ListenerTools, 'ticketKeys' | 'log' | 'nowMs'>

type FoundContext = (error: Error | null, context?: SecureContext) => void

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
  #names: ServerNames
  readonly #ticketKeys: Buffer
  #keys: PskTable | undefined
  readonly #identities = new WeakMap<TLSSocket, string>()

  /** @throws TlsConfigError when the files do not work */
  constructor(options: TlsListenerOptions, { ticketKeys, log, nowMs }: TlsStageTools) {
    this.#options = options
    this.#ticketKeys = Buffer.from(ticketKeys)
    this.#files = loadTlsFiles(options.files)
    this.#names = new ServerNames(options, this.#ticketKeys)
    this.#keys = loadKeys(options)
    this.#server = createServer({
      ...this.#files,
      ...(this.#keys !== undefined && {
        pskCallback: (socket: TLSSocket, given: string) => this.#keyOf(socket, given),
      }),
      requestCert: options.verifyPeer,
      rejectUnauthorized: options.verifyPeer && options.requirePeerCertificate,
      handshakeTimeout: options.handshakeTimeoutMs,
      ticketKeys: this.#ticketKeys,
      ...(options.serverNames.length > 0 && {
        SNICallback: (name: string, found: FoundContext) => found(null, this.#names.find(name)),
      }),
    })
    this.#allowPartialChain()
    if (options.ocsp !== undefined) this.#staple(new OcspStaple(options.ocsp, log, nowMs))
    this.#server.on('secureConnection', (socket) => this.#secured(socket))
    this.#server.on('tlsClientError', (error, socket) => this.#failed(error, socket))
  }

  /**
   * Loads the files again, for handshakes from now on; false when they are the same as before.
   * @throws TlsConfigError; the old ones stay in use then
   */
  reloadIfChanged(): boolean {
    const files = loadTlsFiles(this.#options.files)
    const keys = loadKeys(this.#options)
    const names = new ServerNames(this.#options, this.#ticketKeys)
    const isSameFiles = isDeepStrictEqual(files, this.#files)
    const isSameNames = isDeepStrictEqual(names.files, this.#names.files)
    if (isSameFiles && isSameNames && isDeepStrictEqual(keys, this.#keys)) return false
    if (!isSameFiles) this.#server.setSecureContext(files)
    this.#files = files
    this.#allowPartialChain()
    this.#names = names
    this.#keys = keys
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
    const { listener, next } = handshake
    if (this.#keys !== undefined && socket.getCipher().name.includes('PSK')) {
      // A session that is resumed does not say again whose it is.
      const pskIdentity = this.#identities.get(socket) ?? ''
      return next(socket, { ...handshake.peer, pskIdentity })
    }
    const { peer } = handshake
    const certificate = this.#options.verifyPeer ? socket.getPeerCertificate(true) : undefined
    const subject = certificate?.subject
    if (certificate === undefined || subject === undefined) return next(socket, peer)
    const problem = socket.authorized
      ? chainProblem(certificate, this.#options.clientChain)
      : String(socket.authorizationError)
    if (problem !== undefined) {
      const detail = problem
      const reason = CloseReason.TLS_CLIENT_CERTIFICATE
      return listener.book.close(socket, reason, peer, detail)
    }
    const certCommonName = firstOf(subject.CN)
    const certSubject = distinguishedName(subject)
    // A copy: the whole message of the handshake would stay in memory with it.
    const raw = Uint8Array.from(certificate.raw)
    next(socket, { ...peer, certCommonName, certSubject, certificate: raw })
  }

  #staple(staple: OcspStaple): void {
    type Answer = (error: Error | null, staple: Buffer | null) => void
    this.#server.on('OCSPRequest', (certificate: Buffer, _issuer: Buffer, answer: Answer) => {
      void staple.get(certificate).then((found) => answer(null, found ?? null))
    })
  }

  /**
   * Servers of Node.js 26 do not hand this one option on to their context, whose place has no
   * public name; the test of `partial_chain` notices when that changes.
   */
  #allowPartialChain(): void {
    if (this.#files.allowPartialTrustChain !== true) return
    const context = createSecureContext({ ...this.#files, ticketKeys: this.#ticketKeys })
    Object.assign(this.#server, { _sharedCreds: context })
  }

  /** The key of an identity. One that does not exist has a key too, which nobody knows. */
  #keyOf(socket: TLSSocket, identity: string): Uint8Array {
    const key = this.#keys?.get(identity)
    if (key === undefined) return randomBytes(UNKNOWN_KEY_BYTES)
    this.#identities.set(socket, identity)
    return key
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

function loadKeys({ psk }: TlsListenerOptions): PskTable | undefined {
  return psk && readPskFile(psk)
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
