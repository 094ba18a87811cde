import { readFileSync } from 'node:fs'
import mqtt, { type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt'
import type { BrokerProcess } from './broker-process.ts'

const LIMIT_MS = 30_000
const open = new Set<MqttClient>()

/** Scheme and path by which MQTT.js reaches a type of listener. */
const ADDRESSES: Readonly<Record<string, readonly [scheme: string, path: string]>> = {
  tcp: ['mqtt', ''],
  ssl: ['mqtts', ''],
  ws: ['ws', '/mqtt'],
  wss: ['wss', '/mqtt'],
}

/** Address of a listener of the broker for MQTT.js. */
export function urlOf(broker: BrokerProcess, listener: string): string {
  const [scheme = '', path = ''] = ADDRESSES[listener.split(':')[0] ?? ''] ?? []
  return `${scheme}://localhost:${broker.port(listener)}${path}`
}

/** Certificate of the authority of the broker, for listeners with TLS. */
export function trustIn(broker: BrokerProcess): IClientOptions {
  return { ca: readFileSync(broker.caFile) }
}

/** A message as it came. */
export interface Received {
  readonly topic: string
  readonly payload: string
  readonly packet: IPublishPacket
}

/** A client of MQTT.js that keeps what it receives, so that a test can wait for it. */
export class JsClient {
  readonly client: MqttClient
  readonly received: Received[] = []
  readonly #watchers = new Set<() => void>()

  /** @param client one that does not reconnect by itself unless its options say so */
  constructor(client: MqttClient) {
    this.client = client
    open.add(client)
    client.on('message', (topic, payload, packet) => {
      this.received.push({ topic, payload: payload.toString(), packet })
      for (const check of this.#watchers) check()
    })
    client.on('error', () => {}) // Tests look at what follows from it.
  }

  /** Connects to a listener of the broker. */
  static async connect(
    broker: BrokerProcess,
    options: IClientOptions = {},
    listener = 'tcp:default',
  ): Promise<JsClient> {
    const trust = /^(?:ssl|wss):/.test(listener) ? trustIn(broker) : {}
    const all = { reconnectPeriod: 0, protocolVersion: 5, ...trust, ...options } as const
    // Before the answer to CONNECT is read: messages of a session follow it at once.
    const client = mqtt.connect(urlOf(broker, listener), all)
    const wrapped = new JsClient(client)
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve())
      client.once('error', reject)
      client.once('close', () => reject(new Error('the broker closed the connection')))
    })
    return wrapped
  }

  /** The first `count` messages, once they are there. */
  async messages(count: number): Promise<readonly Received[]> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`${this.received.length} of ${count} messages came in time`))
      }, LIMIT_MS)
      const check = () => {
        if (this.received.length < count) return
        clearTimeout(timer)
        this.#watchers.delete(check)
        resolve()
      }
      this.#watchers.add(check)
      check()
    })
    return this.received.slice(0, count)
  }

  /** Payloads of the first `count` messages, once they are there. */
  async payloads(count: number): Promise<readonly string[]> {
    return (await this.messages(count)).map(({ payload }) => payload)
  }

  /** Cuts all connections, those that failed tests have left included. */
  static endAll(): void {
    for (const client of open) client.end(true)
    open.clear()
  }

  /** Disconnects. */
  async end(): Promise<void> {
    await this.client.endAsync()
  }

  /** Cuts the connection without DISCONNECT. */
  cut(): void {
    this.client.stream.destroy()
  }
}
