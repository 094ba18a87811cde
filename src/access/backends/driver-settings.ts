/** From keys of the configuration to settings of drivers. */
import type { ClientSslConfig } from '#config/fields/backends/connection.ts'
import {
  type HostPort,
  parseServerAddress,
  parseServerAddresses,
} from '#config/fields/backends/server-address.ts'
import { DRIVER_LIMITS, type DriverLimits, type TlsClientOptions } from '#drivers/driver.ts'
import { loadTlsClientOptions } from '#net/tls-client-options.ts'

/** What a plugin is given that a connection needs. */
export interface ConnectionContext {
  /** Shards of this node: they share its connections out among themselves. */
  readonly shardCount: number
  readonly readSecret: (written: string) => string
}

/** Time limits of one kind of connection, in ms. */
export interface ConnectionTimeouts {
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
}

/** Limits of a driver in one of the shards. */
export function limitsOf(
  poolSize: number,
  timeouts: ConnectionTimeouts,
  { shardCount }: ConnectionContext,
): DriverLimits {
  return { ...DRIVER_LIMITS, ...timeouts, poolSize: Math.ceil(poolSize / shardCount) }
}

/** The limits that keys of most connections give. */
export function commonLimits(
  keys: {
    readonly pool_size: number
    readonly query_timeout: number
    readonly connect_timeout: number
  },
  context: ConnectionContext,
): DriverLimits {
  const timeouts = {
    connectTimeoutMs: keys.connect_timeout,
    requestTimeoutMs: keys.query_timeout,
  }
  return limitsOf(keys.pool_size, timeouts, context)
}

/** An address that the configuration has found right. */
export function serverOf(text: string, defaultPort: number): HostPort {
  const server = parseServerAddress(text, defaultPort)
  if (server !== undefined) return server
  throw new Error(`server = ${text} is no address`)
}

/** Addresses that the configuration has found right. */
export function serversOf(text: string, defaultPort: number): readonly HostPort[] {
  const servers = parseServerAddresses(text, defaultPort)
  if (servers !== undefined) return servers
  throw new Error(`servers = ${text} are no addresses`)
}

/** A secret that may be absent. */
export function secretOf(
  written: string | undefined,
  { readSecret }: ConnectionContext,
): string | undefined {
  return written === undefined ? undefined : readSecret(written)
}

/**
 * TLS of a connection; undefined: none.
 * @throws TlsConfigError
 */
export function tlsOf(
  ssl: ClientSslConfig | undefined,
  context: ConnectionContext,
  isNeeded = false,
): TlsClientOptions | undefined {
  if (ssl === undefined) return isNeeded ? {} : undefined
  if (!ssl.enable && !isNeeded) return undefined
  return loadTlsClientOptions({
    ...ssl,
    password: secretOf(ssl.password, context),
    serverName: ssl.server_name_indication,
  })
}
