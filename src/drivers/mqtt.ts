import type { IClientOptions, IPublishPacket, MqttClient } from 'mqtt'
import { Fifo } from '#kernel/fifo.ts'
import type { ServerAddress, TlsClientOptions } from './driver.ts'
import {
  DriverError,
  explainNetworkError,
  readLibraryError,
  withoutSecrets,
} from './driver-error.ts'

/** A connection to an MQTT broker. */
export interface MqttSettings {
  readonly server: ServerAddress
  readonly clientId: string
  readonly username: string | undefined
  readonly password: string | undefined
  readonly version: 'v3' | 'v4' | 'v5'
  /** Says that this is a bridge (3.1 and 3.1.1): the broker then sends no message back. */
  readonly isBridge: boolean
  readonly cleanStart: boolean
  readonly keepAliveSeconds: number
  /** Messages under way to the broker; more wait. */
  readonly inflightMax: number
  readonly connectTimeoutMs: number
  readonly tls: TlsClientOptions | undefined
}

/** A message to publish. */
export interface MqttMessage {
  readonly topic: string
  readonly payload: string | Buffer
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
}

/** A message that came. */
export interface MqttArrival extends MqttMessage {
  readonly payload: Buffer
  readonly dup: boolean
  readonly properties: NonNullable<IPublishPacket['properties']>
}

/** A connection that is open. It does not connect again by itself. */
export interface MqttLink {
  /**
   * Resolves when the broker has acknowledged the message; QoS 0: when it was sent.
   * @param userProperties left out by protocols before MQTT 5
   * @throws DriverError
   */
  publish(message: MqttMessage, userProperties?: Record<string, string>): Promise<void>
  /**
   * Messages are acknowledged after `take` has returned.
   * @throws DriverError when the broker refuses the subscription
   */
  subscribe(filter: string, qos: 0 | 1 | 2, take: (message: MqttArrival) => void): Promise<void>
  unsubscribe(filter: string): Promise<void>
  readonly isConnected: boolean
  close(): Promise<void>
}

const VERSIONS = { v3: 3, v4: 4, v5: 5 } as const
/** Reason codes of CONNACK that a later attempt will not meet by itself. */
const CREDENTIAL_CODES: ReadonlySet<number> = new Set([4, 5, 0x86, 0x87, 0x8c])
/** Reason codes of PUBACK and PUBREC after which it may work later. */
const RETRYABLE_CODES: ReadonlySet<number> = new Set([0x80, 0x83, 0x97])
const WAITING_MAX = 1_000_000

/**
 * Connects to an MQTT broker.
 * @param lost called when the connection ends by itself
 * @throws DriverError
 */
export async function openMqtt(
  settings: MqttSettings,
  signal: AbortSignal,
  lost: (reason: string) => void,
): Promise<MqttLink> {
  const { connect } = await import('mqtt')
  const client = connect(optionsOf(settings))
  const explain = (error: unknown): DriverError => explainIn(settings, error)
  try {
    await connected(client, signal)
  } catch (error) {
    client.on('error', () => {}) // What is said after the end.
    client.end(true)
    throw explain(error)
  }
  const link = new Link(client, settings.inflightMax, explain)
  client.on('error', (error) => {
    const reason = explain(error).message
    if (link.failed(reason)) lost(reason)
  })
  client.on('close', () => {
    const reason = `${titleOf(settings)}: the connection was closed`
    if (link.failed(reason)) lost(reason)
  })
  return link
}

class Link implements MqttLink {
  readonly #client: MqttClient
  readonly #inflightMax: number
  readonly #explain: (error: unknown) => DriverError
  readonly #takers = new Map<string, (message: MqttArrival) => void>()
  readonly #waiting = new Fifo<() => void>(WAITING_MAX, Infinity)
  readonly #pending = new Set<(error: DriverError) => void>()
  #inflight = 0
  #end: string | undefined

  constructor(client: MqttClient, inflightMax: number, explain: (error: unknown) => DriverError) {
    this.#client = client
    this.#inflightMax = inflightMax
    this.#explain = explain
    client.on('message', (topic, payload, packet) => this.#arrived(topic, payload, packet))
  }

  get isConnected(): boolean {
    return this.#end === undefined && this.#client.connected
  }

  async publish(
    { topic, payload, qos, retain }: MqttMessage,
    userProperties?: Record<string, string>,
  ): Promise<void> {
    await this.#enter()
    try {
      await this.#untilEnd((done) => {
        const options = { qos, retain, ...(userProperties && { properties: { userProperties } }) }
        this.#client.publish(topic, payload, options, (error) => done(error ?? undefined))
      })
    } finally {
      this.#inflight--
      this.#waiting.shift()?.()
    }
  }

  async subscribe(
    filter: string,
    qos: 0 | 1 | 2,
    take: (message: MqttArrival) => void,
  ): Promise<void> {
    this.#takers.set(filter, take)
    try {
      await this.#untilEnd((done) => {
        this.#client.subscribe(filter, { qos }, (error, granted) => {
          const refused = granted?.find((one) => one.qos >= 128)
          if (error === null && refused === undefined) done(undefined)
          else done(error ?? new DriverError('fatal', `it refuses the subscription ${filter}`))
        })
      })
    } catch (error) {
      this.#takers.delete(filter)
      throw error
    }
  }

  async unsubscribe(filter: string): Promise<void> {
    this.#takers.delete(filter)
    if (!this.isConnected) return
    await this.#untilEnd((done) => this.#client.unsubscribe(filter, (error) => done(error)))
  }

  /** The connection is gone: nobody waits any longer. False when that was known. */
  failed(reason: string): boolean {
    if (this.#end !== undefined) return false
    this.#end = reason
    const error = new DriverError('retryable', reason, true)
    for (const fail of this.#pending) fail(error)
    this.#pending.clear()
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) next()
    return true
  }

  async close(): Promise<void> {
    const isOpen = this.isConnected
    this.failed('the connection was closed')
    await new Promise<void>((resolve) => this.#client.end(!isOpen, () => resolve()))
  }

  /** Waits until fewer messages are under way. */
  async #enter(): Promise<void> {
    while (this.#inflight >= this.#inflightMax && this.#end === undefined) {
      await new Promise<void>((resolve) => {
        if (!this.#waiting.push(resolve, 0)) resolve()
      })
    }
    this.#inflight++
  }

  #untilEnd(start: (done: (error: unknown) => void) => void): Promise<void> {
    if (this.#end !== undefined) {
      return Promise.reject(new DriverError('retryable', this.#end, true))
    }
    return new Promise((resolve, reject) => {
      this.#pending.add(reject)
      start((error) => {
        this.#pending.delete(reject)
        if (error === undefined || error === null) resolve()
        else reject(this.#explain(error))
      })
    })
  }

  #arrived(topic: string, payload: Buffer, packet: IPublishPacket): void {
    const { qos, retain, dup, properties = {} } = packet
    const message = { topic, payload, qos, retain, dup, properties }
    const [only] = this.#takers.values()
    if (this.#takers.size === 1 && only !== undefined) {
      only(message)
      return
    }
    for (const [filter, take] of this.#takers) if (matches(filter, topic)) take(message)
  }
}

function optionsOf(settings: MqttSettings): IClientOptions {
  const { server, version, username, password, tls } = settings
  return {
    host: server.host,
    port: server.port,
    protocol: tls === undefined ? 'mqtt' : 'mqtts',
    protocolVersion: VERSIONS[version],
    ...(version === 'v3' && { protocolId: 'MQIsdp' }),
    ...(version !== 'v5' && settings.isBridge && { bridgeMode: true }),
    clientId: settings.clientId,
    clean: settings.cleanStart,
    ...(version === 'v5' &&
      !settings.cleanStart && {
        properties: { sessionExpiryInterval: 0xffff_ffff },
      }),
    keepalive: settings.keepAliveSeconds,
    connectTimeout: settings.connectTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...tls,
  } as IClientOptions
}

function connected(client: MqttClient, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(new DriverError('retryable', 'it was given up', true))
    signal.addEventListener('abort', aborted)
    client.once('connect', () => {
      signal.removeEventListener('abort', aborted)
      resolve()
    })
    client.once('error', reject)
    client.once('close', () =>
      reject(new DriverError('retryable', 'it closed the connection', true)),
    )
  })
}

function titleOf({ server }: MqttSettings): string {
  return `MQTT ${server.host}:${server.port}`
}

function explainIn(settings: MqttSettings, error: unknown): DriverError {
  const title = titleOf(settings)
  const network = explainNetworkError(error)
  if (network !== undefined) {
    return new DriverError(network.kind, `${title}: ${network.message}`, network.isConnectionLost)
  }
  if (error instanceof DriverError) {
    return new DriverError(error.kind, `${title}: ${error.message}`, error.isConnectionLost)
  }
  const { message, code } = readLibraryError(error)
  const number = Number(code)
  const text = withoutSecrets(message || code, [settings.password])
  if (/^Connection refused/i.test(message)) {
    const isLogin = CREDENTIAL_CODES.has(number)
    const remedy = isLogin ? '. Check username and password' : ''
    return new DriverError(
      isLogin ? 'credentials' : 'retryable',
      `${title}: ${text}${remedy}`,
      true,
    )
  }
  const isRefused = code !== '' && number >= 0x80 && !RETRYABLE_CODES.has(number)
  return new DriverError(isRefused ? 'fatal' : 'retryable', `${title}: ${text}`, !isRefused)
}

/** Whether a topic is of a subscription (MQTT 5 §4.7). */
function matches(filter: string, topic: string): boolean {
  const levels = filter.replace(/^\$share\/[^/]+\//, '').split('/')
  const names = topic.split('/')
  for (const [index, level] of levels.entries()) {
    if (level === '#') return true
    if (index >= names.length || (level !== '+' && level !== names[index])) return false
  }
  return levels.length === names.length
}
