import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { Timer } from '#kernel/timer-wheel.ts'
import type { TimerTarget } from '#kernel/timer-wheel.ts'
import type { Accepted } from '../ports.ts'
import type { Broker } from '../shard/broker.ts'
import type { Connection } from './connection.ts'

/**
 * Closes its connection when the credentials end: a client that has a new token shows it when it
 * connects again, or before that by re-authentication.
 */
class CredentialEnd implements TimerTarget {
  readonly #broker: Broker
  readonly #connection: Connection
  readonly #endsAtMs: number

  constructor(broker: Broker, connection: Connection, endsAtMs: number) {
    this.#broker = broker
    this.#connection = connection
    this.#endsAtMs = endsAtMs
  }

  timerFired(timer: Timer): void {
    const { core } = this.#broker
    // The clock of the wall decides, and it may have been set.
    const restMs = this.#endsAtMs - core.nowMs
    if (restMs > 0) {
      core.timers.schedule(timer, Math.min(restMs, DELAY_MS_MAX))
      return
    }
    this.#connection.close({
      reason: ReasonCode.MAXIMUM_CONNECT_TIME,
      code: 'credentials_expired',
      text: 'The credentials have expired.',
    })
  }
}

/** Longest delay of one timer; a later end is looked at on the way. */
const DELAY_MS_MAX = 24 * 3_600_000

/** Makes the client who access says it is, for what it does from now on. */
export function takeCredentials(
  broker: Broker,
  connection: Connection,
  username: string | undefined,
  result: Accepted,
): void {
  const { isSuperuser, acl, expiresAtMs } = result
  const { clientId, wire, clientAttributes } = connection
  connection.identity = {
    clientId,
    username,
    isSuperuser,
    wire: wire.info,
    clientAttributes: { ...clientAttributes, ...result.clientAttributes },
    acl,
    expiresAtMs,
  }
  dropCredentialTimer(broker, connection)
  if (expiresAtMs === undefined || result.disconnectAtExpiry !== true) return
  const { core } = broker
  connection.credentialTimer = new Timer(new CredentialEnd(broker, connection, expiresAtMs))
  const restMs = Math.max(0, expiresAtMs - core.nowMs)
  core.timers.schedule(connection.credentialTimer, Math.min(restMs, DELAY_MS_MAX))
}

/** Stops waiting for the end of the credentials. */
export function dropCredentialTimer(broker: Broker, connection: Connection): void {
  if (connection.credentialTimer === undefined) return
  broker.core.timers.cancel(connection.credentialTimer)
  connection.credentialTimer = undefined
}
