import type { NatsConnection } from '@nats-io/transport-node'
import type { ServerAddress, TlsClientOptions } from './driver.ts'
import {
  DriverError,
  explainNetworkError,
  readLibraryError,
  withoutSecrets,
} from './driver-error.ts'

/** NATS servers. */
export interface NatsSettings {
  readonly servers: readonly ServerAddress[]
  readonly username: string | undefined
  readonly password: string | undefined
  readonly token: string | undefined
  readonly name: string
  readonly connectTimeoutMs: number
  readonly tls: TlsClientOptions | undefined
}

/** A message to publish. */
export interface NatsMessage {
  readonly subject: string
  readonly payload: string | Uint8Array
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** A message that came. */
export interface NatsArrival {
  readonly subject: string
  readonly payload: Uint8Array
  readonly headers: Readonly<Record<string, string>>
}

/** A connection that is open. It does not connect again by itself. */
export interface NatsLink {
  /**
   * Publishes in order. Resolves when the server has all of them.
   * @throws DriverError
   */
  publish(messages: readonly NatsMessage[]): Promise<void>
  /**
   * Publishes one message; resolves when a stream of JetStream has stored it.
   * @throws DriverError
   */
  store(message: NatsMessage): Promise<void>
  /** @returns what ends the subscription */
  subscribe(subject: string, queue: string, take: (message: NatsArrival) => void): () => void
  /** @throws DriverError when the server does not answer */
  check(): Promise<void>
  close(): Promise<void>
}

/**
 * Connects to NATS.
 * @param lost called when the connection ends by itself
 * @throws DriverError
 */
export async function openNats(
  settings: NatsSettings,
  lost: (reason: string) => void,
): Promise<NatsLink> {
  const { connect, headers: makeHeaders } = await import('@nats-io/transport-node')
  const { jetstream } = await import('@nats-io/jetstream')
  const { servers, username, password, token, tls } = settings
  const explain = (error: unknown): DriverError => explainIn(settings, error)
  let client: NatsConnection
  try {
    client = await connect({
      servers: servers.map(({ host, port }) => `${host}:${port}`),
      name: settings.name,
      timeout: settings.connectTimeoutMs,
      reconnect: false,
      ...(username !== undefined && { user: username }),
      ...(password !== undefined && { pass: password }),
      ...(token !== undefined && { token }),
      ...(tls !== undefined && { tls: tls as object }),
    })
  } catch (error) {
    throw explain(error)
  }
  let isClosing = false
  void client.closed().then((error) => {
    if (!isClosing) lost(explain(error ?? new Error('the connection was closed')).message)
  })
  const stream = jetstream(client)
  const optionsOf = ({ headers }: NatsMessage) => {
    if (headers.length === 0) return {}
    const made = makeHeaders()
    for (const [name, value] of headers) made.append(name, value)
    return { headers: made }
  }
  const orExplain = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      return await run()
    } catch (error) {
      throw explain(error)
    }
  }
  return {
    publish: (messages) =>
      orExplain(async () => {
        for (const one of messages) client.publish(one.subject, one.payload, optionsOf(one))
        await client.flush()
      }),
    store: (one) =>
      orExplain(async () => void (await stream.publish(one.subject, one.payload, optionsOf(one)))),
    subscribe(subject, queue, take) {
      const subscription = client.subscribe(subject, {
        ...(queue !== '' && { queue }),
        callback: (error, message) => {
          if (error !== null) return
          const names = message.headers?.keys() ?? []
          const headers = names.map((name) => [name, message.headers?.get(name) ?? ''] as const)
          const { subject: from, data: payload } = message
          take({ subject: from, payload, headers: Object.fromEntries(headers) })
        },
      })
      return () => subscription.unsubscribe()
    },
    check: () => orExplain(() => client.flush()),
    async close() {
      isClosing = true
      await client.close().catch(() => {})
    },
  }
}

function explainIn({ servers, password, token }: NatsSettings, error: unknown): DriverError {
  const title = `NATS ${servers.map(({ host, port }) => `${host}:${port}`).join(',')}`
  const cause = error instanceof Error ? error.cause : undefined
  const network = explainNetworkError(error) ?? explainNetworkError(cause)
  if (network !== undefined)
    return new DriverError(network.kind, `${title}: ${network.message}`, true)
  const { name, message } = readLibraryError(error)
  const text = withoutSecrets(message || name, [password, token])
  if (/refused/i.test(text)) {
    const remedy = 'Check that it runs, and the address and port'
    return new DriverError('retryable', `${title}: ${text}. ${remedy}`, true)
  }
  if (/authoriz|authentic|permission/i.test(`${name} ${text}`)) {
    return new DriverError('credentials', `${title}: ${text}. Check username and password`, true)
  }
  if (/payload|InvalidSubject|InvalidArgument/i.test(`${name} ${text}`)) {
    return new DriverError('fatal', `${title}: ${text}`)
  }
  return new DriverError('retryable', `${title}: ${text}`, /clos|timeout/i.test(`${name} ${text}`))
}
