import { Table, type StoreFailure } from '#broker/ports.ts'
import { PendingTable } from './pending-table.ts'

/** Called when a batch is durable, or with the failure that kept it from becoming so. */
export type BarrierCallback = (failure: StoreFailure | undefined) => void

/** Every table of the store, in the order batches are written. */
export const TABLES: readonly Table[] = Object.values(Table)

/**
 * The writes of one or more ticks that become durable together, in one transaction.
 *
 * Plain fields: read and written for every write of the broker.
 */
export class Batch {
  readonly tables: Record<Table, PendingTable | undefined>
  /** Sum of keys and values, in bytes. */
  bytes: number
  /** Who waits for this batch, in the order they asked. */
  barriers: BarrierCallback[]

  constructor() {
    this.tables = {
      meta: undefined,
      sessions: undefined,
      subscriptions: undefined,
      queue: undefined,
      bodies: undefined,
      incoming: undefined,
      retained: undefined,
      delayed: undefined,
      users: undefined,
      rules: undefined,
      bans: undefined,
    }
    this.bytes = 0
    this.barriers = []
  }

  /** Number of keys that will be written. */
  get count(): number {
    let count = 0
    for (const table of TABLES) count += this.tables[table]?.count ?? 0
    return count
  }

  /** The changes of one table, made at its first write: most batches touch few tables. */
  table(table: Table): PendingTable {
    let pending = this.tables[table]
    if (pending === undefined) {
      pending = new PendingTable()
      this.tables[table] = pending
    }
    return pending
  }

  /** Takes the waiting barriers out, in order. */
  takeBarriers(): BarrierCallback[] {
    const taken = this.barriers
    this.barriers = []
    return taken
  }
}
