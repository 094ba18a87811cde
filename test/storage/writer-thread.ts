/** A thread with a store of its own over a prepared environment, as a shard has it. */
import { parentPort, workerData } from 'node:worker_threads'
import { Table } from '#broker/ports.ts'
import { LmdbStore } from '#storage/lmdb/lmdb-store.ts'
import type { StorageTicket } from '#storage/lmdb/storage-ticket.ts'
import { REAL_CLOCK, SILENT_LOG } from './lmdb-content.ts'
import { committed } from './store-content.ts'

const TICK_PUTS = 50

/** What the test hands to the thread. */
export interface WriterTask {
  readonly ticket: StorageTicket
  readonly name: string
  readonly ticks: number
}

const { ticket, name, ticks } = workerData as WriterTask
const store = new LmdbStore(ticket, { log: SILENT_LOG, clock: REAL_CLOCK, pendingBytesMax: 1e9 })
for (let tick = 0; tick < ticks; tick++) {
  for (let index = 0; index < TICK_PUTS; index++) {
    store.put(Table.QUEUE, `${name} ${tick} ${index}`, Buffer.from(`${tick}`))
  }
  const failure = await committed(store)
  // Who gets this must be able to read what was written.
  parentPort!.postMessage(failure?.kind ?? `${name} ${tick} ${TICK_PUTS - 1}`)
}
await store.close()
