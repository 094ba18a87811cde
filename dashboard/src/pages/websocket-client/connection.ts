import mqtt, { type IClientOptions, type IClientPublishOptions, type MqttClient } from 'mqtt'
import type { ConnectionSettings } from './connection-settings.ts'
import { MESSAGES_MAX, newestOf } from './newest-messages.ts'

type ConnectionStatus = 'offline' | 'connecting' | 'online'

/** A message that came or went. */
export interface ShownMessage {
  readonly number: number
  readonly isOwn: boolean
  readonly atMs: number
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: number
  readonly retain: boolean
  readonly properties: Readonly<Record<string, unknown>>
}

export interface ShownSubscription {
  readonly filter: string
  readonly qos: 0 | 1 | 2
  readonly noLocal: boolean
  readonly retainAsPublished: boolean
  readonly retainHandling: 0 | 1 | 2
}

/** What a page shows of a connection; a new object after each change. */
export interface ConnectionView {
  readonly status: ConnectionStatus
  readonly problem: string | undefined
  readonly subscriptions: readonly ShownSubscription[]
  /** Newest last, the oldest are forgotten. */
  readonly messages: readonly ShownMessage[]
  readonly forgotten: number
}

const CONNECT_TIMEOUT_MS = 10_000
/** Messages that come within this time are shown together. */
const GATHER_MS = 100
const EMPTY: ConnectionView = {
  status: 'offline',
  problem: undefined,
  subscriptions: [],
  messages: [],
  forgotten: 0,
}

/** One MQTT connection from the browser. It lives as long as the page is open, shown or not. */
export class Connection {
  #client: MqttClient | undefined
  #view = EMPTY
  #fresh: ShownMessage[] = []
  #number = 0
  /** Of those that nobody has seen yet. */
  #pushedOut = 0
  readonly #listeners = new Set<() => void>()

  readonly subscribeToView = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly view = (): ConnectionView => this.#view

  connect(settings: ConnectionSettings): void {
    this.disconnect()
    const client = mqtt.connect(settings.url, clientOptions(settings))
    this.#client = client
    this.#change({ status: 'connecting', problem: undefined })
    client.on('connect', () => this.#change({ status: 'online', problem: undefined }))
    client.on('reconnect', () => this.#change({ status: 'connecting' }))
    client.on('close', () => {
      if (this.#client === client)
        this.#change({ status: client.reconnecting ? 'connecting' : 'offline' })
    })
    client.on('error', ({ message }) => this.#change({ problem: message }))
    client.on('disconnect', ({ reasonCode, properties }) => {
      const code = (reasonCode ?? 0).toString(16).padStart(2, '0')
      this.#change({ problem: `DISCONNECT 0x${code} ${properties?.reasonString ?? ''}` })
    })
    client.on('message', (topic, payload, packet) => {
      const { qos, retain, properties } = packet
      this.#note({ isOwn: false, topic, payload, qos, retain, properties: { ...properties } })
    })
  }

  disconnect(): void {
    this.#client?.end(true)
    this.#client = undefined
    this.#change({ status: 'offline', subscriptions: [] })
  }

  /** @throws Error with the broker's reason when it refuses */
  async subscribe(subscription: ShownSubscription): Promise<void> {
    const { filter, qos, noLocal, retainAsPublished, retainHandling } = subscription
    const options = { qos, nl: noLocal, rap: retainAsPublished, rh: retainHandling }
    const granted = await this.#online().subscribeAsync({ [filter]: options })
    const refused = granted.find(({ qos: code }) => Number(code) >= 0x80)
    if (refused !== undefined) throw new Error(`0x${Number(refused.qos).toString(16)}`)
    const others = this.#view.subscriptions.filter((other) => other.filter !== filter)
    this.#change({ subscriptions: [...others, subscription] })
  }

  async unsubscribe(filter: string): Promise<void> {
    await this.#online().unsubscribeAsync(filter)
    const subscriptions = this.#view.subscriptions.filter((other) => other.filter !== filter)
    this.#change({ subscriptions })
  }

  /** Publishes, and returns when the broker has acknowledged it (QoS 1 and 2). */
  async publish(
    topic: string,
    payload: Uint8Array<ArrayBuffer>,
    options: IClientPublishOptions,
  ): Promise<void> {
    const { qos = 0, retain = false, properties = {} } = options
    await this.#online().publishAsync(topic, payload as Buffer<ArrayBuffer>, options)
    this.#note({ isOwn: true, topic, payload, qos, retain, properties: { ...properties } })
  }

  clearMessages(): void {
    this.#fresh = []
    this.#change({ messages: [], forgotten: 0 })
  }

  #online(): MqttClient {
    if (this.#client?.connected === true) return this.#client
    throw new Error('not connected')
  }

  #note(message: Omit<ShownMessage, 'number' | 'atMs'>): void {
    this.#number += 1
    if (this.#fresh.length === 0) setTimeout(() => this.#showFresh(), GATHER_MS)
    this.#fresh.push({ ...message, number: this.#number, atMs: Date.now() })
    if (this.#fresh.length <= MESSAGES_MAX) return
    this.#fresh.shift()
    this.#pushedOut += 1
  }

  #showFresh(): void {
    const all = [...this.#view.messages, ...this.#fresh]
    const messages = newestOf(all)
    this.#fresh = []
    const forgotten = this.#view.forgotten + this.#pushedOut + all.length - messages.length
    this.#pushedOut = 0
    this.#change({ messages, forgotten })
  }

  #change(change: Partial<ConnectionView>): void {
    this.#view = { ...this.#view, ...change }
    for (const listener of this.#listeners) listener()
  }
}

function clientOptions(settings: ConnectionSettings): IClientOptions {
  const { protocolVersion, will } = settings
  const isV5 = protocolVersion === 5
  const options: IClientOptions = {
    clientId: settings.clientId,
    protocolVersion,
    protocolId: protocolVersion === 3 ? 'MQIsdp' : 'MQTT',
    clean: settings.clean,
    keepalive: settings.keepAliveSeconds,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: 2_000,
    resubscribe: true,
    // Its usual ones need a worker made of a blob, which the page's policy forbids.
    timerVariant: 'native',
  }
  if (settings.username !== '') options.username = settings.username
  if (settings.password !== '') options.password = settings.password
  if (isV5) options.properties = connectProperties(settings)
  // The form leaves out what was not filled in.
  if (will?.topic) {
    const { topic, payload, qos, retain, delaySeconds } = will
    options.will = {
      topic,
      payload: new TextEncoder().encode(payload ?? '') as Buffer,
      qos,
      retain,
    }
    if (isV5) options.will.properties = { willDelayInterval: delaySeconds }
  }
  return options
}

function connectProperties(
  settings: ConnectionSettings,
): NonNullable<IClientOptions['properties']> {
  const { receiveMaximum, topicAliasMaximum, userProperties } = settings
  return {
    sessionExpiryInterval: settings.sessionExpirySeconds,
    ...(receiveMaximum ? { receiveMaximum } : {}),
    ...(topicAliasMaximum ? { topicAliasMaximum } : {}),
    ...(Object.keys(userProperties).length > 0 ? { userProperties: { ...userProperties } } : {}),
  }
}
