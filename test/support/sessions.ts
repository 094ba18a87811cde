import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import type { ConnectOptions } from './test-client.ts'

const HOUR_SECONDS = 3_600

/** A 5.0 client whose session outlives the connection by an hour, and is resumed. */
export function kept(clientId: string, more: ConnectOptions = {}): ConnectOptions {
  return {
    cleanStart: false,
    ...more,
    clientId,
    properties: { sessionExpiryIntervalSeconds: HOUR_SECONDS, ...more.properties },
  }
}

/** The same for 3.1.1: CleanSession 0. */
export function kept311(clientId: string, more: ConnectOptions = {}): ConnectOptions {
  return { ...more, clientId, version: ProtocolVersion.V311, cleanStart: false }
}
