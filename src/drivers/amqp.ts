import type { ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib'
import type { TlsClientOptions } from './driver.ts'
import {
  DriverError,
  explainNetworkError,
  readLibraryError,
  withoutSecrets,
} from './driver-error.ts'

/** A RabbitMQ server. */
export interface AmqpSettings {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string | undefined
  readonly virtualHost: string
  readonly heartbeatSeconds: number
  readonly connectTimeoutMs: number
  readonly tls: TlsClientOptions | undefined
}

/** A message to publish. */
export interface AmqpMessage {
  readonly exchange: string
  readonly routingKey: string
  readonly payload: Buffer
  readonly persistent: boolean
  readonly headers: Readonly<Record<string, string>> | undefined
}

/** A connection that is open. It does not connect again by itself. */
export interface AmqpLink {
  /**
   * Publishes in order.
   * @param confirmMs how long the server may take to confirm all of them; 0: nobody waits
   * @throws DriverError when one is not confirmed
   */
  publish(messages: readonly AmqpMessage[], confirmMs: number): Promise<void>
  /**
   * Consumes a queue; a message is acknowledged after `take` has returned.
   * @returns what ends it
   * @throws DriverError when there is no such queue
   */
  consume(
    queue: string,
    noAck: boolean,
    take: (message: ConsumeMessage) => void,
  ): Promise<() => Promise<void>>
  readonly isOpen: boolean
  close(): Promise<void>
}

/** Messages that the server sends before the first is acknowledged. */
const PREFETCH = 1000

/**
 * Connects to RabbitMQ.
 * @param lost called when the connection ends by itself
 * @throws DriverError
 */
export async function openAmqp(
  settings: AmqpSettings,
  lost: (reason: string) => void,
): Promise<AmqpLink> {
  const { connect } = await import('amqplib')
  const explain = (error: unknown): DriverError => explainIn(settings, error)
  try {
    const model = await connect(
      {
        protocol: settings.tls === undefined ? 'amqp' : 'amqps',
        hostname: settings.host,
        port: settings.port,
        username: settings.username,
        password: settings.password ?? '',
        vhost: settings.virtualHost,
        heartbeat: settings.heartbeatSeconds,
      },
      { timeout: settings.connectTimeoutMs, noDelay: true, ...settings.tls },
    )
    return new Link(model, await model.createConfirmChannel(), explain, lost)
  } catch (error) {
    throw explain(error)
  }
}

class Link implements AmqpLink {
  readonly #model: ChannelModel
  readonly #channel: ConfirmChannel
  readonly #explain: (error: unknown) => DriverError
  readonly #lost: (reason: string) => void
  #failure: DriverError | undefined
  #isClosing = false

  constructor(
    model: ChannelModel,
    channel: ConfirmChannel,
    explain: (error: unknown) => DriverError,
    lost: (reason: string) => void,
  ) {
    this.#model = model
    this.#channel = channel
    this.#explain = explain
    this.#lost = lost
    model.on('error', (error) => this.#failed(error))
    model.on('close', () => this.#failed(new Error('the connection was closed')))
    // Such as an exchange that is not there: the server closes the channel.
    channel.on('error', (error) => this.#failed(error))
    channel.on('close', () => this.#failed(new Error('the channel was closed')))
  }

  get isOpen(): boolean {
    return this.#failure === undefined
  }

  async publish(messages: readonly AmqpMessage[], confirmMs: number): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    try {
      for (const { exchange, routingKey, payload, persistent, headers } of messages) {
        this.#channel.publish(exchange, routingKey, payload, { persistent, headers })
      }
      if (confirmMs > 0) await inTime(this.#channel.waitForConfirms(), confirmMs)
    } catch (error) {
      throw this.#failure ?? this.#explain(error)
    }
  }

  async consume(
    queue: string,
    noAck: boolean,
    take: (message: ConsumeMessage) => void,
  ): Promise<() => Promise<void>> {
    try {
      const consumer = await this.#model.createChannel()
      consumer.on('error', (error) => this.#failed(error))
      await consumer.prefetch(PREFETCH)
      const consumed = (message: ConsumeMessage | null): void => {
        if (message === null) {
          this.#failed(new Error(`the queue ${queue} was deleted`))
          return
        }
        take(message)
        if (!noAck) consumer.ack(message)
      }
      await consumer.consume(queue, consumed, { noAck })
      return async () => {
        if (this.isOpen) await consumer.close().catch(() => {})
      }
    } catch (error) {
      throw this.#explain(error)
    }
  }

  async close(): Promise<void> {
    const wasOpen = this.isOpen
    this.#isClosing = true
    this.#failure ??= new DriverError('retryable', 'the connection was closed', true)
    if (wasOpen) await this.#model.close().catch(() => {})
  }

  #failed(error: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = this.#explain(error)
    if (!this.#isClosing) this.#lost(this.#failure.message)
  }
}

async function inTime(work: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no confirmation came in time')), limitMs)
  })
  try {
    await Promise.race([work, over])
  } finally {
    clearTimeout(timer)
  }
}

function explainIn({ host, port, password }: AmqpSettings, error: unknown): DriverError {
  const title = `RabbitMQ ${host}:${port}`
  const network = explainNetworkError(error)
  if (network !== undefined) {
    return new DriverError(network.kind, `${title}: ${network.message}`, true)
  }
  const text = withoutSecrets(readLibraryError(error).message, [password])
  if (/ACCESS.REFUSED|403|Handshake terminated/i.test(text)) {
    const remedy = 'Check username, password and virtual_host'
    return new DriverError('credentials', `${title}: ${text}. ${remedy}`, true)
  }
  return new DriverError('retryable', `${title}: ${text}`, true)
}
