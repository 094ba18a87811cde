import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { isLoopbackAddress, plainAddress } from '#net/ip-address.ts'
import { CloseReason, dropSocket } from './close.ts'
import type { WebSocketOptions } from './listener-options.ts'
import type { Listener } from './listener.ts'
import type { Peer } from './peer.ts'

type NextStage = (socket: WebSocket, peer: Peer) => void

interface Waiting {
  readonly listener: Listener
  readonly socket: Socket
  readonly peer: Peer
  readonly next: NextStage
  readonly timer: NodeJS.Timeout
}

interface Refusal {
  readonly status: number
  readonly text: string
}

/** Turns HTTP connections of one listener, accepted by something else, into WebSockets. */
export class UpgradeStage {
  readonly #options: WebSocketOptions
  readonly #http: Server
  readonly #websockets: WebSocketServer
  readonly #waiting = new Map<Duplex, Waiting>()

  constructor(options: WebSocketOptions) {
    this.#options = options
    this.#websockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: options.compress,
      maxPayload: options.frameBytesMax,
      handleProtocols: (offered) => this.#choose(offered) ?? false,
    })
    // The time limit is our own: it begins with the connection and ends with the upgrade.
    this.#http = createServer({ headersTimeout: 0, requestTimeout: 0 })
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    this.#http.on('clientError', (error, socket) => this.#malformed(error, socket))
    this.#http.on('request', (request, response) => {
      const { status, text } = this.#refusalOf(request) ?? {
        status: 426,
        text: 'this is a WebSocket endpoint for MQTT',
      }
      response.writeHead(status, { connection: 'close', 'content-type': 'text/plain' })
      response.end(`${text}\n`)
    })
  }

  /**
   * Waits for the upgrade request on `socket` (TCP or TLS). `next` is called when the WebSocket
   * is open.
   */
  accept(listener: Listener, socket: Socket, peer: Peer, next: NextStage): void {
    const timer = setTimeout(() => {
      this.#take(socket)
      listener.book.close(socket, CloseReason.UPGRADE_TIMEOUT, peer)
    }, this.#options.upgradeTimeoutMs)
    this.#waiting.set(socket, { listener, socket, peer, next, timer })
    socket.once('close', () => this.#take(socket))
    this.#http.emit('connection', socket)
    socket.resume()
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const waiting = this.#take(socket)
    if (waiting === undefined) return dropSocket(socket)
    const { listener, peer } = waiting
    const refusal = this.#refusalOf(request)
    if (refusal !== undefined) {
      socket.end(answerOf(refusal))
      const { UPGRADE_REFUSED } = CloseReason
      return listener.book.close(waiting.socket, UPGRADE_REFUSED, peer, refusal.text)
    }
    this.#websockets.handleUpgrade(request, socket, head, (websocket) => {
      waiting.next(websocket, this.#peerOf(peer, request))
    })
  }

  #malformed(error: Error & { code?: string }, socket: Duplex): void {
    const waiting = this.#take(socket)
    if (waiting === undefined) return dropSocket(socket)
    const detail = error.code ?? error.message
    if (socket.writable) socket.end(answerOf({ status: 400, text: `malformed request: ${detail}` }))
    waiting.listener.book.close(waiting.socket, CloseReason.UPGRADE_REFUSED, waiting.peer, detail)
  }

  #take(socket: Duplex): Waiting | undefined {
    const waiting = this.#waiting.get(socket)
    this.#waiting.delete(socket)
    clearTimeout(waiting?.timer)
    return waiting
  }

  #refusalOf(request: IncomingMessage): Refusal | undefined {
    const path = (request.url ?? '').split('?', 1)[0]
    if (path !== this.#options.path) return { status: 404, text: `no such path: ${path}` }
    if (!this.#isOriginAllowed(request.headers.origin)) {
      return { status: 403, text: `the origin ${request.headers.origin} is not allowed` }
    }
    if (request.headers.upgrade === undefined) return undefined
    const offered = splitList(request.headers['sec-websocket-protocol'])
    if (!this.#options.requireSubprotocol || this.#choose(offered) !== undefined) return undefined
    const supported = this.#options.subprotocols.join(', ')
    // [MQTT-6.0.0-3]: the client must name the subprotocol.
    return { status: 400, text: `no supported subprotocol was named: ${supported}` }
  }

  /** The first supported one in the order of the client [MQTT-6.0.0-4]. */
  #choose(offered: Iterable<string>): string | undefined {
    for (const name of offered) {
      if (this.#options.subprotocols.includes(name)) return name
    }
    return undefined
  }

  #isOriginAllowed(origin: string | undefined): boolean {
    const { origins, allowMissingOrigin } = this.#options
    if (origins === undefined) return true
    return origin === undefined ? allowMissingOrigin : origins.includes(origin)
  }

  /** A proxy on this host may name the client; nobody else is believed. */
  #peerOf(peer: Peer, request: IncomingMessage): Peer {
    if (!isLoopbackAddress(peer.host)) return peer
    const { addressHeader, portHeader } = this.#options
    // The last entry is the one that the proxy itself added.
    const host = splitList(request.headers[addressHeader.toLowerCase()]).at(-1) ?? ''
    if (isIP(host) === 0) return peer
    const port = Number(splitList(request.headers[portHeader.toLowerCase()]).at(-1))
    return { ...peer, host: plainAddress(host), port: Number.isInteger(port) ? port : 0 }
  }
}

function splitList(header: string | string[] | undefined): readonly string[] {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '')
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function answerOf({ status, text }: Refusal): string {
  const body = `${text}\n`
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: text/plain',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}
