import { ShardAuthentication } from '#access/authentication/shard-authentication.ts'
import { ClientAuthorization } from '#access/authorization/client-authorization.ts'
import { ConnectionTally } from '#access/protection/connection-tally.ts'
import { ShardAccess } from '#access/shard-access.ts'
import type { Metrics } from '#broker/metrics.ts'
import type { Identity, KvStore, Log } from '#broker/ports.ts'
import { systemClock } from '#kernel/system/system-clock.ts'
import { readSecret } from './read-secret.ts'
import type { ShardStart } from './shard-start.ts'

/** What access of a shard needs beside its start. */
export interface AccessTools {
  readonly log: Log
  readonly store: KvStore
  readonly metrics: Metrics
  /** Sends something to access of another shard. */
  readonly send: (to: number, message: unknown) => void
  /** Closes the connections of the clients that the test holds for. */
  readonly kick: (matches: (client: Identity) => boolean) => void
}

/** Puts access control of a shard together. */
export function composeAccess(start: ShardStart, tools: AccessTools): ShardAccess {
  const { log, store, metrics, send, kick } = tools
  const { shard, shardCount, memory, tallySalt } = start
  const { access: settings } = start
  const authentication = new ShardAuthentication(settings.authentication, {
    shard,
    shardCount,
    log,
    clock: systemClock,
    store,
    meters: memory.authentication,
    nodeSecret: start.nodeSecret,
    readSecret,
  })
  const context = { shardCount, log, clock: systemClock, store, readSecret }
  const tallyOf = (shared: SharedArrayBuffer): ConnectionTally =>
    new ConnectionTally(new Int32Array(shared), tallySalt)
  return new ShardAccess({
    shard,
    shardCount,
    log,
    clock: systemClock,
    store,
    authentication,
    authorization: new ClientAuthorization(settings.authorization, context, metrics),
    settings,
    users: tallyOf(memory.users),
    addresses: tallyOf(memory.addresses),
    send,
    kick,
  })
}
