/** Clients that try to connect, and tell how it went. */
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'

/** How a connection attempt ended: connected, or the reason code of the refusal. */
export type Attempt =
  | { readonly client: MqttClient }
  | { readonly code: number; readonly text: string }

/** Connects to a port of this host. Never reconnects by itself. */
export function attempt(port: number, options: IClientOptions = {}): Promise<Attempt> {
  const all = {
    reconnectPeriod: 0,
    protocolVersion: 5,
    connectTimeout: 20_000,
    ...options,
  } as const
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, all)
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve({ client }))
    client.once('error', (error: Error & { code?: unknown }) => {
      if (typeof error.code === 'number') resolve({ code: error.code, text: error.message })
      else reject(error)
    })
    client.once('close', () => reject(new Error('closed without an answer')))
  })
}

/** `'accepted'`, or the reason code of the refusal. */
export async function outcome(port: number, options: IClientOptions = {}) {
  const result = await attempt(port, options)
  if ('code' in result) return result.code
  await result.client.endAsync(true)
  return 'accepted'
}

/** Options of a client with a name and a password. */
export function named(username: string, password: string): IClientOptions {
  return { username, password }
}
