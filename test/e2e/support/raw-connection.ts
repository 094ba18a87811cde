import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { WebSocket } from 'ws'
import type { BrokerProcess } from './broker-process.ts'

/** The four ways to a broker, as its listeners are called. */
export const TRANSPORTS = ['tcp', 'ssl', 'ws', 'wss'] as const
export type Transport = (typeof TRANSPORTS)[number]

/** Configuration that opens a port for every transport. */
export const ALL_TRANSPORTS = `
  listeners.ssl.default { enable = true, bind = "127.0.0.1:0" }
  listeners.ws.default { enable = true, bind = "127.0.0.1:0" }
  listeners.wss.default { enable = true, bind = "127.0.0.1:0" }
`

const HOST = '127.0.0.1'
/** What waits to be looked at is bounded: nobody here reads megabytes. */
const RECEIVED_BYTES_MAX = 4_000_000

/** A connection that speaks whatever a test wants, and keeps what comes back. */
export class RawConnection {
  /** The TCP connection underneath. */
  readonly socket: Socket
  /** Resolved when the connection has ended, by whomever. */
  readonly ended: Promise<void>
  isEnded = false
  received: Buffer = Buffer.alloc(0)
  readonly #write: (bytes: Buffer) => void
  #watchers = new Set<() => void>()

  private constructor(socket: Socket, write: (bytes: Buffer) => void) {
    this.socket = socket
    this.#write = write
    socket.on('error', () => {}) // `close` follows.
    this.ended = new Promise((resolve) => {
      socket.on('close', () => {
        this.isEnded = true
        this.#notify()
        resolve()
      })
    })
  }

  /** A TCP connection to the port of a transport, on which nothing has been said. */
  static async dial(broker: BrokerProcess, transport: Transport): Promise<RawConnection> {
    const socket = await dialSocket(broker, transport)
    const connection = new RawConnection(socket, (bytes) => socket.write(bytes))
    socket.on('data', (bytes: Buffer) => connection.#take(bytes))
    return connection
  }

  /** A connection that has done the handshakes of its transport. */
  static async open(broker: BrokerProcess, transport: Transport): Promise<RawConnection> {
    if (transport === 'tcp') return RawConnection.dial(broker, transport)
    const socket = await dialSocket(broker, transport)
    const isSecure = transport === 'ssl' || transport === 'wss'
    const over = isSecure ? connectTls({ socket, rejectUnauthorized: false }) : socket
    over.on('error', () => {}) // As above.
    if (isSecure) await once(over, 'secureConnect')
    if (transport !== 'ssl') return RawConnection.#openWebSocket(socket, over)
    const connection = new RawConnection(socket, (bytes) => over.write(bytes))
    over.on('data', (bytes: Buffer) => connection.#take(bytes))
    return connection
  }

  static async #openWebSocket(socket: Socket, over: Duplex): Promise<RawConnection> {
    const websocket = new WebSocket(`ws://${HOST}/mqtt`, 'mqtt', { createConnection: () => over })
    const connection = new RawConnection(socket, (bytes) => websocket.send(bytes))
    websocket.on('error', () => {}) // As above.
    websocket.on('message', (bytes: Buffer) => connection.#take(bytes))
    await once(websocket, 'open')
    return connection
  }

  send(bytes: Buffer): void {
    if (!this.isEnded) this.#write(bytes)
  }

  /** Waits until something has come, or the end. */
  async until(condition: (received: Buffer) => boolean): Promise<void> {
    while (!condition(this.received) && !this.isEnded) {
      await new Promise<void>((resolve) => this.#watchers.add(resolve))
    }
  }

  /** Breaks the connection with RST. */
  reset(): void {
    this.socket.resetAndDestroy()
  }

  destroy(): void {
    this.socket.destroy()
  }

  #take(bytes: Buffer): void {
    if (this.received.length < RECEIVED_BYTES_MAX) {
      this.received = Buffer.concat([this.received, bytes])
    }
    this.#notify()
  }

  #notify(): void {
    const watchers = this.#watchers
    this.#watchers = new Set()
    for (const resolve of watchers) resolve()
  }
}

async function dialSocket(broker: BrokerProcess, transport: Transport): Promise<Socket> {
  const port = broker.port(`${transport}:default`)
  const socket = connectTcp({ host: HOST, port, noDelay: true })
  await once(socket, 'connect')
  return socket
}
