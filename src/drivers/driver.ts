/** What drivers of other systems have in common. */
import type { ConnectionOptions } from 'node:tls'

/** Where a server listens. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
}

/** TLS towards another system; undefined: none. */
export type TlsClientOptions = Pick<
  ConnectionOptions,
  | 'ca'
  | 'cert'
  | 'checkServerIdentity'
  | 'ciphers'
  | 'key'
  | 'maxVersion'
  | 'minVersion'
  | 'passphrase'
  | 'rejectUnauthorized'
  | 'servername'
>

/** Limits of a driver; all have a default in `DRIVER_LIMITS`. */
export interface DriverLimits {
  /** Connections, or requests under way where one connection carries several. */
  readonly poolSize: number
  /** Requests that wait for a connection; more are refused. */
  readonly waitingMax: number
  /** Opening a connection, login included, in ms. */
  readonly connectTimeoutMs: number
  /** One request with its wait for a connection, in ms. */
  readonly requestTimeoutMs: number
  /** Failures in a row after which requests are refused until a probe succeeds. */
  readonly failuresMax: number
  /** Pauses between attempts to reach a system that fails, in ms. */
  readonly retryFirstMs: number
  readonly retryMostMs: number
  /** A connection that was not used for this long is checked, in ms. */
  readonly checkIntervalMs: number
}

export const DRIVER_LIMITS: DriverLimits = Object.freeze({
  poolSize: 8,
  waitingMax: 1000,
  connectTimeoutMs: 5000,
  requestTimeoutMs: 5000,
  failuresMax: 5,
  retryFirstMs: 250,
  retryMostMs: 5000,
  checkIntervalMs: 15_000,
})

/** Whether a system can be asked now. `reason` is for people and holds no secrets. */
export interface DriverHealth {
  readonly status: 'connected' | 'connecting' | 'disconnected'
  readonly reason?: string
}

/** Counters and gauges of a driver. */
export interface DriverFigures {
  readonly connections: number
  readonly inUse: number
  readonly waiting: number
  readonly succeeded: number
  readonly failed: number
  /** Requests that took too long, of those that failed. */
  readonly timeouts: number
  /** Requests refused at once: too many waited, or the breaker was open. */
  readonly refused: number
  /** How often the breaker has opened. */
  readonly opened: number
}

/** A system that can be asked. */
export interface Driver {
  readonly health: DriverHealth
  readonly figures: DriverFigures
  /**
   * Finds out now whether the system answers.
   * @throws DriverError that says why it does not
   */
  check(): Promise<void>
  /** Ends all connections; requests under way fail. */
  close(): Promise<void>
}
