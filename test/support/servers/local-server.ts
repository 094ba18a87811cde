import { once } from 'node:events'
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { freePort } from './server-process.ts'

/** Certificate and key of a server, in PEM form. */
export interface ServerPem {
  readonly cert: string
  readonly key: string
}

/** What a test can do to a server, be it a process or a part of the test. */
export interface TestServer {
  readonly host: string
  readonly port: number
  /** Starts it again on the same port after `kill`. */
  start(): Promise<void>
  kill(): Promise<void>
  /** It hangs: connections are accepted, nothing is answered. */
  pause(): void
  resume(): void
  remove(): Promise<void>
}

/** A server inside the test process that can be killed and hang like a process. */
export class LocalServer implements TestServer {
  readonly host = '127.0.0.1'
  readonly port: number
  readonly #make: (server: LocalServer) => Server
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  #held: (() => void)[] | undefined

  private constructor(port: number, make: (server: LocalServer) => Server) {
    this.port = port
    this.#make = make
  }

  /** Listens on a free port. `make` is called again at each start; it does not listen itself. */
  static async launch(make: (server: LocalServer) => Server): Promise<LocalServer> {
    const server = new LocalServer(await freePort(), make)
    await server.start()
    return server
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#sockets.size
  }

  async start(): Promise<void> {
    const server = this.#make(this)
    this.#server = server
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => {}) // The test ends connections as it likes.
      socket.once('close', () => this.#sockets.delete(socket))
    })
    server.listen(this.port, this.host)
    await once(server, 'listening')
  }

  async kill(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    this.#held = undefined
    if (server === undefined) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of this.#sockets) socket.resetAndDestroy()
    await closed
  }

  pause(): void {
    this.#held ??= []
  }

  resume(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const answer of held) answer()
  }

  async remove(): Promise<void> {
    await this.kill()
  }

  /** Answers now, or at the end of the pause. */
  answer(action: () => void): void {
    if (this.#held === undefined) action()
    else this.#held.push(action)
  }
}

/** A plain TCP or, with a certificate, TLS server. */
export function launchTcp(
  connected: (socket: Socket, server: LocalServer) => void,
  pem?: ServerPem,
): Promise<LocalServer> {
  return LocalServer.launch((server) => {
    const take = (socket: Socket) => connected(socket, server)
    return pem === undefined ? createServer(take) : createTlsServer(pem, take)
  })
}

/** A request that an HTTP server got. */
export interface ReceivedRequest {
  readonly method: string
  /** Path with query. */
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** An HTTP or, with a certificate, HTTPS server; `handle` answers when the request is complete. */
export function launchHttp(
  handle: (request: ReceivedRequest, response: ServerResponse) => void,
  pem?: ServerPem,
): Promise<LocalServer> {
  return LocalServer.launch((server) => {
    const take = (message: IncomingMessage, response: ServerResponse) => {
      const chunks: Buffer[] = []
      message.on('data', (chunk: Buffer) => chunks.push(chunk))
      message.on('end', () => {
        const { method = '', url = '', headers } = message
        const body = Buffer.concat(chunks).toString()
        server.answer(() => handle({ method, url, headers, body }, response))
      })
    }
    return pem === undefined ? createHttpServer(take) : createHttpsServer(pem, take)
  })
}
