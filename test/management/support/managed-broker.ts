import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { formatProblem } from '#config/decode.ts'
import { ConfigStore, loadWithOverlay } from '#app/config-store.ts'
import { type BrokerOptions, startBroker, type TestBroker } from '#app/start-broker.ts'
import {
  type ManagementAddress,
  type ManagementOptions,
  startManagement,
} from '#app/start-management.ts'
import { readVersion } from '#app/version.ts'
import type { Management } from '#management/management.ts'

export const PASSWORD = 'correct-horse-7'

/** What came back. */
export interface ApiReply {
  readonly status: number
  /** Parsed when it is JSON. */
  // The tests look into whatever they get.
  // oxlint-disable-next-line no-explicit-any
  readonly body: any
  readonly headers: Headers
}

/** Calls the REST API; `auth` is the Authorization header. */
export type ApiCall = (
  method: string,
  path: string,
  options?: {
    readonly body?: unknown
    readonly auth?: string
    readonly headers?: Readonly<Record<string, string>>
  },
) => Promise<ApiReply>

/** A broker with its REST API, an administrator who has logged in, and its password changed. */
export interface ManagedBroker {
  /** A client of the first listener, which is closed at the end. */
  connect(clientId: string, options?: IClientOptions): Promise<MqttClient>
  readonly broker: TestBroker
  readonly port: number
  /** Where the API listens. */
  readonly addresses: readonly ManagementAddress[]
  /** Calls with the token of the administrator unless told otherwise. */
  readonly call: ApiCall
  readonly token: string
  readonly management: Management
  stop(): Promise<void>
}

export interface ManagedOptions extends BrokerOptions {
  /** The initial password is left as it is. */
  readonly fresh?: true
  /** Variables of the environment, for the configuration. */
  readonly env?: Readonly<Record<string, string>>
  readonly tapLog?: NonNullable<ManagementOptions['tapLog']>
}

/** Starts a broker with its REST API on free ports. */
export async function startManaged(options: ManagedOptions = {}): Promise<ManagedBroker> {
  const broker = await startBroker(options)
  const password = options.fresh === true ? '' : `default_password = "${PASSWORD}"`
  const text = `
    listeners.tcp.default.bind = "127.0.0.1:0"
    listeners.ws.default.bind = "127.0.0.1:0"
    listeners.ssl.default = null
    listeners.wss.default = null
    node.data_dir = ${JSON.stringify(broker.dataDir)}
    dashboard { listeners.http.bind = "127.0.0.1:0", ${password} }
    ${options.config ?? ''}`
  const layers = { files: [{ source: 'test', text }], env: options.env ?? {} }
  const loaded = loadWithOverlay(layers)
  const { config, errors } = loaded
  if (config === undefined) throw new Error(errors.map(formatProblem).join('\n'))
  const { node, log, recentLog, logLevels } = broker
  const management = await startManagement({
    store: new ConfigStore(layers, config),
    version: readVersion(),
    log,
    recentLog,
    logLevels,
    node,
    ...(options.tapLog && { tapLog: options.tapLog }),
  })
  if (management === undefined) throw new Error('the REST API is switched off')
  const port = management.addresses[0]?.port ?? 0
  const anonymous = makeCall(port, undefined)
  const login = await anonymous('POST', '/login', {
    body: { username: 'admin', password: options.fresh === true ? 'public' : PASSWORD },
  })
  const token = String(login.body.token)
  const clients: MqttClient[] = []
  return {
    broker,
    async connect(clientId, options = {}) {
      const given = { clientId, reconnectPeriod: 0, protocolVersion: 5, ...options } as const
      const url = `mqtt://127.0.0.1:${broker.port('tcp:default')}`
      const client = await connectAsync(url, given)
      client.on('error', () => {})
      clients.push(client)
      return client
    },
    port,
    addresses: management.addresses,
    token,
    management: management.management,
    call: makeCall(port, `Bearer ${token}`),
    async stop() {
      for (const client of clients) await client.endAsync(true)
      await management.stop()
      await broker.stop()
    },
  }
}

/** A form with one file. */
export function formWith(name: string, content: Uint8Array): FormData {
  const form = new FormData()
  form.append('filename', new Blob([Uint8Array.from(content)]), name)
  return form
}

/** Basic authentication. */
export function basic(key: string, secret: string): string {
  return `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}`
}

function makeCall(port: number, usual: string | undefined): ApiCall {
  return async (method, path, { body, auth = usual, headers = {} } = {}) => {
    const url = `http://127.0.0.1:${port}${/^\/api[/-]/.test(path) ? '' : '/api/v5'}${path}`
    const isText = typeof body === 'string'
    const isForm = body instanceof FormData
    const type = isText ? 'text/plain' : 'application/json'
    const response = await fetch(url, {
      method,
      headers: {
        ...(auth !== undefined && auth !== '' && { authorization: auth }),
        ...(body !== undefined && !isForm && { 'content-type': type }),
        ...headers,
      },
      ...(body !== undefined && { body: isText || isForm ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json')
    const parsed: unknown = isJson === true ? JSON.parse(text) : text
    return { status: response.status, body: parsed, headers: response.headers }
  }
}
