import { Table } from '#broker/ports.ts'
import type { KvStore } from '#broker/ports.ts'
import { broken } from './checker.ts'
import type { Checker, CheckerContext } from './checker.ts'

/**
 * No ghosts: after everything has come to rest exactly one shard holds each session and the
 * directory knows which; no move is left over; what each shard knows of the subscriptions of the
 * others is what they have; and when all sessions have ended, nothing of them is left in memory
 * or in the store.
 */
export class NoGhosts implements Checker {
  readonly invariant = 'no ghost sessions'
  readonly #context: CheckerContext

  constructor(context: CheckerContext) {
    this.#context = context
  }

  settled(): void {
    this.#checkSessions()
    this.#checkInterest()
  }

  emptied(): void {
    const { shards } = this.#context.host
    for (const [index, { broker }] of shards.entries()) {
      const { core, claims } = broker
      const left = [...core.sessions.keys()]
      if (left.length > 0)
        broken(this, `shard ${index} still has sessions: ${left.join(' ')}`, left)
      if (core.connections.size > 0) broken(this, `shard ${index} still has connections`, [])
      if (shards.length > 1 && claims.directory.size > 0) {
        broken(this, `the directory of shard ${index} has ${claims.directory.size} entries`, [])
      }
      const { filters, groups, localSubscriptions, groupMembers } = core.router.counts
      if (filters + groups + localSubscriptions + groupMembers > 0) {
        const detail = JSON.stringify([...core.router.filters()])
        broken(this, `the router of shard ${index} still has ${detail}`, [])
      }
    }
    this.#checkTables([Table.SESSIONS, Table.SUBSCRIPTIONS, Table.QUEUE])
  }

  /** What a crash left over, and bodies of earlier runs, go at the next start. */
  swept(): void {
    const { SESSIONS, SUBSCRIPTIONS, QUEUE, INCOMING, BODIES } = Table
    this.#checkTables([SESSIONS, SUBSCRIPTIONS, QUEUE, INCOMING, BODIES])
  }

  #checkTables(tables: readonly Table[]): void {
    for (const table of tables) {
      const count = countKeys(this.#context.host.stores[0], table)
      if (count > 0) broken(this, `${count} records are left in table ${table}`, [])
    }
  }

  #checkSessions(): void {
    const { devices, host } = this.#context
    const { shards } = host
    for (const { traits, online, name } of devices) {
      const { clientId } = traits
      const holders = shards.flatMap((shard, index) =>
        shard.broker.core.sessions.has(clientId) ? [index] : [],
      )
      if (online && holders.length !== 1) {
        broken(this, `${clientId} has a session in shards [${holders.join(' ')}]`, [name])
      }
      const [holder] = holders
      if (holder === undefined || shards.length === 1) continue
      const { claims } = shards[0]!.broker // There is at least one shard.
      const { directory } = shards[claims.directoryShard(clientId)]!.broker.claims // As above.
      if (directory.ownerOf(clientId) !== holder) {
        const owner = directory.ownerOf(clientId)
        const detail = `${clientId} is in shard ${holder}, the directory says ${owner}`
        broken(this, detail, [name])
      }
      const session = shards[holder]?.broker.core.sessions.get(clientId)
      if (session?.move !== undefined) broken(this, `${clientId} is still moving`, [name])
    }
  }

  /** Every shard sees the same filters with the same shards, and they are those of the sessions. */
  #checkInterest(): void {
    const { shards } = this.#context.host
    const truth = new Map<string, number>()
    for (const [index, { broker }] of shards.entries()) {
      for (const session of broker.core.sessions.values()) {
        for (const { subscription, shared } of session.subscriptions.values()) {
          const key = `${shared?.group ?? ''} ${subscription.filter}`
          truth.set(key, (truth.get(key) ?? 0) | (1 << index))
        }
      }
    }
    for (const [index, { broker }] of shards.entries()) {
      const seen = new Map<string, number>()
      for (const { filter, group, shardMask } of broker.core.router.filters()) {
        seen.set(`${group ?? ''} ${filter}`, shardMask)
      }
      for (const key of new Set([...seen.keys(), ...truth.keys()])) {
        if (seen.get(key) === truth.get(key)) continue
        const masks = `mask ${seen.get(key)}, it is ${truth.get(key)}`
        const detail = `shard ${index} believes that "${key}" is wanted by ${masks}`
        broken(this, detail, [])
      }
    }
  }
}

/** Number of keys of a table as a store sees it. */
export function countKeys(store: KvStore | undefined, table: Table): number {
  let count = 0
  store?.scan(table, '', '\xff', () => ++count > 0)
  return count
}
