import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock, Log } from '#broker/ports.ts'
import type { Durability } from '#storage/durability.ts'
import { LmdbStore } from '#storage/lmdb/lmdb-store.ts'
import { prepareStorage, type PreparedStorage } from '#storage/lmdb/prepare-storage.ts'
import type { StoreContent } from './store-content.ts'

/** Takes no notice. */
export const SILENT_LOG: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** The real time. */
export const REAL_CLOCK: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}

/** A new directory that nobody else uses. */
export function makeDataDir(): string {
  return mkdtempSync(join(tmpdir(), 'tideway-storage-'))
}

/** Prepares a directory with what tests seldom care for. */
export function prepare(
  dataDir: string,
  durability: Durability,
  bytesMax = Infinity,
): Promise<PreparedStorage> {
  return prepareStorage({ dataDir, durability, bytesMax, log: SILENT_LOG })
}

/** Opens the store of one more thread over a prepared directory. */
export function openStore(prepared: PreparedStorage, pendingBytesMax = 1e9): LmdbStore {
  const options = { log: SILENT_LOG, clock: REAL_CLOCK, pendingBytesMax }
  return new LmdbStore(prepared.ticket, options)
}

/** Content in a directory of its own, for the kit. */
export async function makeLmdbContent(durability: Durability): Promise<StoreContent> {
  const dataDir = makeDataDir()
  let prepared = await prepare(dataDir, durability)
  let stores: LmdbStore[] = []
  const open = (): LmdbStore => {
    const store = openStore(prepared)
    stores.push(store)
    return store
  }
  const close = async (): Promise<void> => {
    for (const store of stores) await store.close()
    stores = []
    await prepared.close()
  }
  return {
    open,
    async reopen() {
      await close()
      prepared = await prepare(dataDir, durability)
      return open()
    },
    async remove() {
      await close()
      rmSync(dataDir, { recursive: true })
    },
  }
}
