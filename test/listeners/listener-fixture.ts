/** A listener host over a core that sends everything back, for the tests of listeners. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Log, Wire } from '#broker/ports.ts'
import { ListenerHost } from '#listeners/listener-host.ts'
import type {
  ListenerOptions,
  TlsListenerOptions,
  WebSocketOptions,
} from '#listeners/listener-options.ts'
import type { ListenerTools } from '#listeners/listener.ts'
import { SlotCounter } from '#listeners/slot-counter.ts'

export const LOOPBACK = '127.0.0.1'

export interface LogLine {
  readonly message: string
  readonly fields: Record<string, unknown>
}

/** One connection as the core saw it. */
export class CoreConnection {
  readonly wire: Wire
  received: Buffer = Buffer.alloc(0)
  /** Sizes of the pieces in which bytes came. */
  readonly pieces: number[] = []
  readonly endings: (string | undefined)[] = []
  echoes = true
  #waiting: (() => void)[] = []

  constructor(wire: Wire) {
    this.wire = wire
  }

  receive(bytes: Buffer): void {
    this.received = Buffer.concat([this.received, bytes])
    this.pieces.push(bytes.length)
    if (this.echoes) this.wire.write([Buffer.from(bytes)], bytes.length)
    this.#wake()
  }

  ended(error?: string): void {
    this.endings.push(error)
    this.#wake()
  }

  drained(): void {}

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

/** A running host with everything it told. */
export class HostFixture {
  readonly lines: LogLine[] = []
  readonly connections: CoreConnection[] = []
  readonly host: ListenerHost
  readonly slots: SlotCounter
  #accepted: (() => void)[] = []
  readonly #clients = new Set<Socket>()

  constructor(tools: Partial<ListenerTools> = {}, slots = newSlots()) {
    this.slots = slots
    this.host = new ListenerHost({
      log: this.#log(),
      nowMs: () => performance.now(),
      overload: { refuses: () => false },
      overloadRefused: () => {},
      accept: (wire) => {
        const connection = new CoreConnection(wire)
        this.connections.push(connection)
        for (const resolve of this.#accepted.splice(0)) resolve()
        return connection
      },
      handleTools: undefined,
      ticketKeys: new Uint8Array(48).fill(7),
      ...tools,
    })
  }

  start(change: Partial<ListenerOptions>): Promise<number> {
    return this.host.start({ ...listenerOptions, ...change }, this.slots)
  }

  /** The connection with this index, once the core has it. */
  async connection(index: number): Promise<CoreConnection> {
    for (;;) {
      const found = this.connections[index]
      if (found !== undefined) return found
      await new Promise<void>((resolve) => this.#accepted.push(resolve))
    }
  }

  /** Waits until a log line with this reason or message is there. */
  async line(wanted: string): Promise<LogLine> {
    for (;;) {
      const found = this.lines.find(({ message, fields }) => {
        return message === wanted || fields['reason'] === wanted
      })
      if (found !== undefined) return found
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** A TCP client that is cut at the end of the test. */
  async dial(port: number): Promise<Socket> {
    const client = connect({ host: LOOPBACK, port })
    this.own(client)
    await once(client, 'connect')
    return client
  }

  own(client: Socket): void {
    this.#clients.add(client)
    client.on('error', () => {})
  }

  /** Ends everything and waits until every connection has given its place back. */
  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy()
    for (const { wire } of this.connections) wire.destroy()
    await this.host.closePorts()
    await Promise.all(Object.keys(this.host.counts()).map((id) => this.host.stop(id)))
    while (this.slots.value > 0) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(this.slots.value, 0)
  }

  #log(): Log {
    const add = (message: string, fields: Record<string, unknown> = {}): void => {
      this.lines.push({ message, fields })
    }
    return { debug: add, info: add, warn: add, error: add }
  }
}

export function newSlots(): SlotCounter {
  return new SlotCounter(new Int32Array(new SharedArrayBuffer(4)), 0)
}

export const listenerOptions: ListenerOptions = {
  id: 'tcp:default',
  type: 'tcp',
  zone: 'default',
  host: LOOPBACK,
  port: 0,
  backlog: 128,
  reusePort: false,
  connectionsMax: Infinity,
  connectRate: { amount: Infinity, intervalMs: 1000 },
  connectBurst: undefined,
  refuseAboveRate: false,
  rates: undefined,
  accessRules: [{ permission: 'allow' }],
  mountpoint: '',
  proxyProtocol: false,
  proxyTimeoutMs: 3000,
  noDelay: true,
  keepAlive: undefined,
  sendTimeoutMs: 15_000,
  tls: undefined,
  websocket: undefined,
}

export const webSocketOptions: WebSocketOptions = {
  path: '/mqtt',
  compress: false,
  idleTimeoutMs: Infinity,
  frameBytesMax: 1 << 20,
  upgradeTimeoutMs: 10_000,
  requireSubprotocol: true,
  subprotocols: ['mqtt', 'mqtt-v3', 'mqtt-v3.1.1', 'mqtt-v5'],
  origins: undefined,
  allowMissingOrigin: true,
  addressHeader: 'x-forwarded-for',
  portHeader: 'x-forwarded-port',
}

/** TLS options without client certificates. */
export function tlsOptions(certfile: string, keyfile: string): TlsListenerOptions {
  return {
    psk: undefined,
    files: {
      certfile,
      keyfile,
      password: undefined,
      cacertfile: undefined,
      dhfile: undefined,
      versions: ['tlsv1.3', 'tlsv1.2'],
      ciphers: [],
      honorCipherOrder: true,
    },
    verifyPeer: false,
    clientChain: { depthMax: 10, keyUsages: [] },
    serverNames: [],
    ocsp: undefined,
    requirePeerCertificate: false,
    handshakeTimeoutMs: 15_000,
  }
}

/** Reads exactly so many bytes. */
export async function readBytes(socket: Socket, count: number): Promise<string> {
  const chunks: Buffer[] = []
  for (let missing = count; missing > 0;) {
    const length = Math.min(missing, socket.readableLength || 1)
    const chunk = socket.read(length) as Buffer | null
    if (chunk === null) await once(socket, 'readable')
    else {
      chunks.push(chunk)
      missing -= chunk.length
    }
  }
  return Buffer.concat(chunks).toString('latin1')
}

/** Waits until the peer has closed the connection; discards what comes. */
export async function closed(socket: Socket): Promise<void> {
  socket.resume()
  if (socket.closed) return
  await new Promise<void>((resolve) => socket.once('close', () => resolve()))
}
