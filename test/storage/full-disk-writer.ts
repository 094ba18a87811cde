/**
 * Fills its disk, says so, waits until somebody made room, and says what is left.
 *
 * Messages it sends: `full` with the kind of the failure, then `done` with what it found.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Table, type KvStore, type StoreFailure } from '#broker/ports.ts'
import type { Durability } from '#storage/durability.ts'
import { LmdbStore } from '#storage/lmdb/lmdb-store.ts'
import { REAL_CLOCK, prepare } from './lmdb-content.ts'
import { committed } from './store-content.ts'

const VALUE_BYTES = 500
const TICK_PUTS = 200

/** Keys whose barrier answered well, and all that were written. */
interface Written {
  readonly events: string[]
  safe: number
  all: number
}

async function writeTick(store: KvStore, written: Written): Promise<StoreFailure | undefined> {
  for (let index = 0; index < TICK_PUTS; index++) {
    store.put(Table.QUEUE, `key ${written.all}`, Buffer.alloc(VALUE_BYTES, `${written.all}`), true)
    written.all++
  }
  const failure = await committed(store)
  if (failure === undefined) written.safe = written.all
  return failure
}

function check(store: KvStore, count: number): void {
  for (let index = 0; index < count; index++) {
    const value = store.get(Table.QUEUE, `key ${index}`)
    assert.deepEqual(value, Buffer.alloc(VALUE_BYTES, `${index}`), `key ${index}`)
  }
}

async function main(dataDir: string, durability: Durability): Promise<void> {
  const prepared = await prepare(dataDir, durability)
  const written: Written = { events: [], safe: 0, all: 0 }
  const note = (event: string): void => void written.events.push(event)
  const log = { debug() {}, info: note, warn: note, error: note }
  const store = new LmdbStore(prepared.ticket, { log, clock: REAL_CLOCK, pendingBytesMax: 1e9 })
  let failure: StoreFailure | undefined
  while (failure === undefined) failure = await writeTick(store, written)
  assert.equal(store.healthy, false)
  check(store, written.all)
  // While it waits for the next try it fails at once, and keeps what it is given.
  assert.equal((await writeTick(store, written))?.kind, failure.kind)
  // A write that was cut short looks like an I/O error; the next one cannot even begin.
  while (failure?.kind !== 'full') failure = await triedAgain(store)
  send({ full: failure.kind })
  await once(process, 'message')
  while (failure !== undefined) failure = await triedAgain(store)
  assert.equal(store.healthy, true)
  assert.equal(await writeTick(store, written), undefined)
  check(store, written.all)
  assert.equal(await store.close(), undefined)
  await prepared.close()
  send({ keys: written.safe, events: written.events })
  process.disconnect?.()
}

async function triedAgain(store: KvStore): Promise<StoreFailure | undefined> {
  await new Promise((resolve) => setTimeout(resolve, 10))
  return committed(store)
}

function send(message: object): void {
  assert.ok(process.send, 'started with a channel')
  process.send(message)
}

const [, , dataDir = '', durability = ''] = process.argv
await main(dataDir, durability as Durability) // The test passes one of them.
