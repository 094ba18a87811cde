/**
 * Writes ticks whose content follows from their number, and reports each as soon as it is safe: a
 * process that is killed at any moment. What it must have left behind `checkTicks` tells.
 */
import assert from 'node:assert/strict'
import { Table, type KvStore } from '#broker/ports.ts'
import { KEY_END } from '#kernel/binary-key.ts'
import type { Durability } from '#storage/durability.ts'
import { openStore, prepare } from './lmdb-content.ts'
import { scanned } from './store-content.ts'

const TABLES = [Table.QUEUE, Table.BODIES, Table.SESSIONS] as const
const KEYS_EACH = 5
const TICKS_KEPT = 20
const TICKS_AHEAD = 10

function keyOf(tick: number, part: number): string {
  return `${String(tick).padStart(8, '0')}-${part}`
}

function writeTick(store: KvStore, tick: number): void {
  for (const table of TABLES) {
    for (let part = 0; part < KEYS_EACH; part++) {
      store.put(table, keyOf(tick, part), Buffer.alloc(200, `${tick}`), true)
      if (tick > TICKS_KEPT) store.remove(table, keyOf(tick - TICKS_KEPT, part))
    }
  }
}

/** Checks that whole ticks are there and nothing else; returns the last one, 0 for none. */
export function checkTicks(store: KvStore): number {
  const found = TABLES.map((table) =>
    scanned(store, '', KEY_END, table).map((entry) => entry.split('=')),
  )
  const last = Math.max(0, ...found.flat().map(([key = '']) => Number(key.slice(0, 8))))
  const expected: string[][] = []
  for (let tick = Math.max(1, last - TICKS_KEPT + 1); tick <= last; tick++) {
    for (let part = 0; part < KEYS_EACH; part++) {
      expected.push([keyOf(tick, part), Buffer.alloc(200, `${tick}`).toString()])
    }
  }
  for (const entries of found) assert.deepEqual(entries, expected)
  return last
}

async function main(dataDir: string, durability: Durability): Promise<never> {
  const store = openStore(await prepare(dataDir, durability))
  let acknowledged = checkTicks(store)
  for (let tick = acknowledged + 1; ; tick++) {
    writeTick(store, tick)
    store.barrier((failure) => {
      assert.equal(failure, undefined)
      acknowledged = tick
      process.send!(tick) // Started with a channel.
    })
    store.commit()
    do await new Promise((resolve) => setImmediate(resolve))
    while (tick - acknowledged > TICKS_AHEAD)
  }
}

if (process.argv[1] === import.meta.filename) {
  const [, , dataDir = '', durability = ''] = process.argv
  await main(dataDir, durability as Durability) // The test passes one of them.
}
