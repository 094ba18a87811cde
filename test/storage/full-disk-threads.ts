/**
 * Two threads that write to a disk that others fill and free, until told to stop. The message it
 * sends then says which keys were acknowledged.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { Table, type KvStore } from '#broker/ports.ts'
import { Durability } from '#storage/durability.ts'
import { LmdbStore } from '#storage/lmdb/lmdb-store.ts'
import type { StorageTicket } from '#storage/lmdb/storage-ticket.ts'
import { REAL_CLOCK, SILENT_LOG, prepare } from './lmdb-content.ts'
import { committed } from './store-content.ts'
import { valueOf } from './full-disk-value.ts'

const THREADS = 2
const KEYS_PER_TICK_MAX = 20
const REMOVALS_PER_TICK = 6
const KEPT_MIN = 100
const PENDING_BYTES_MAX = 400_000

/** What a thread is given. */
interface Job {
  readonly ticket: StorageTicket
  readonly thread: number
  readonly stop: Int32Array
}

/** What a thread found. */
export interface Outcome {
  readonly kept: readonly string[]
  readonly refused: number
}

async function writeUntilTold(store: KvStore, { thread, stop }: Job): Promise<Outcome> {
  const kept = new Set<string>()
  let refused = 0
  let number = 0
  while (Atomics.load(stop, 0) === 0) {
    const put: string[] = []
    // As publishes do that are under way when the disk becomes full, and before one knows.
    const wanted = store.pendingBytes < PENDING_BYTES_MAX ? number % KEYS_PER_TICK_MAX : 0
    for (let index = 0; index <= wanted; index++) put.push(`${thread}.${number++}`)
    for (const key of put) store.put(Table.BODIES, key, valueOf(key), true)
    const mayRemove = !store.healthy && kept.size > KEPT_MIN
    for (const key of [...kept].slice(0, mayRemove ? REMOVALS_PER_TICK : 0)) {
      kept.delete(key)
      store.remove(Table.BODIES, key)
    }
    if ((await committed(store)) === undefined) for (const key of put) kept.add(key)
    else {
      refused++
      for (const key of put) store.remove(Table.BODIES, key)
      await pause(1)
    }
  }
  return { kept: [...kept], refused }
}

async function runThread(job: Job): Promise<void> {
  const options = { log: SILENT_LOG, clock: REAL_CLOCK, pendingBytesMax: 1e9 }
  const store = new LmdbStore(job.ticket, options)
  const outcome = await writeUntilTold(store, job)
  await store.close()
  parentPort?.postMessage(outcome)
}

async function main(dataDir: string): Promise<void> {
  const prepared = await prepare(dataDir, Durability.BATCH)
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const outcomes = Array.from({ length: THREADS }, async (_none, thread) => {
    const job: Job = { ticket: prepared.ticket, thread, stop }
    const [outcome] = await once(
      new Worker(new URL(import.meta.url), { workerData: job }),
      'message',
    )
    return outcome as Outcome
  })
  assert.ok(process.send, 'started with a channel')
  process.send('running')
  await once(process, 'message')
  Atomics.store(stop, 0, 1)
  const all = await Promise.all(outcomes)
  await prepared.close()
  process.send?.(all)
  process.disconnect?.()
}

if (isMainThread) await main(process.argv[2] ?? '')
else await runThread(workerData as Job)
