import { toHex } from '../../../../src/kernel/payload-format.ts'

/** How one connection of the WebSocket client is made; kept by the browser. */
export interface ConnectionSettings {
  readonly id: string
  readonly name: string
  /** Such as `ws://broker:8083/mqtt`. */
  readonly url: string
  readonly clientId: string
  readonly username: string
  readonly password: string
  readonly protocolVersion: 3 | 4 | 5
  readonly clean: boolean
  readonly keepAliveSeconds: number
  readonly sessionExpirySeconds: number
  readonly receiveMaximum?: number
  readonly topicAliasMaximum?: number
  readonly userProperties: Readonly<Record<string, string>>
  readonly will?: WillSettings
}

interface WillSettings {
  readonly topic: string
  readonly payload: string
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  readonly delaySeconds: number
}

const KEY = 'tideway.websocket-client'
const CONNECTIONS_MAX = 50

/** A new connection to the broker that serves this page. */
export function newSettings(count: number): ConnectionSettings {
  const isSecure = location.protocol === 'https:'
  const id = toHex(crypto.getRandomValues(new Uint8Array(8)))
  return {
    id,
    name: `#${count + 1}`,
    url: `${isSecure ? 'wss' : 'ws'}://${location.hostname}:${isSecure ? 8084 : 8083}/mqtt`,
    clientId: `dashboard_${id}`,
    username: '',
    password: '',
    protocolVersion: 5,
    clean: true,
    keepAliveSeconds: 60,
    sessionExpirySeconds: 0,
    userProperties: {},
  }
}

export function loadSettings(): readonly ConnectionSettings[] {
  try {
    return (JSON.parse(localStorage.getItem(KEY) ?? '[]') as ConnectionSettings[]).map(
      (stored) => ({
        ...newSettings(0),
        ...stored,
      }),
    )
  } catch {
    return []
  }
}

/** Passwords are not written down: the browser keeps texts where every script can read them. */
export function saveSettings(all: readonly ConnectionSettings[]): void {
  const kept = all.slice(0, CONNECTIONS_MAX).map((settings) => ({ ...settings, password: '' }))
  localStorage.setItem(KEY, JSON.stringify(kept))
}
