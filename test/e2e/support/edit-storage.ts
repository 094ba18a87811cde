import type { Table } from '#broker/ports.ts'
import { systemClock } from '#kernel/system/system-clock.ts'
import { LmdbStore } from '#storage/lmdb/lmdb-store.ts'
import { prepareStorage } from '#storage/lmdb/prepare-storage.ts'
import { SILENT_LOG } from '../../storage/lmdb-content.ts'

/**
 * Flips one bit in the last byte of every record of a table that is chosen, as a disk that rots
 * would. Nobody else may have the data directory.
 * @returns how many records were damaged
 */
export async function damageRecords(
  dataDir: string,
  table: Table,
  isChosen: (value: Buffer, key: string) => boolean,
): Promise<number> {
  const storage = await prepareStorage({
    dataDir,
    durability: 'batch',
    bytesMax: Infinity,
    log: SILENT_LOG,
  })
  const options = { log: SILENT_LOG, clock: systemClock, pendingBytesMax: Infinity }
  const store = new LmdbStore(storage.ticket, options)
  const damaged = new Map<string, Buffer>()
  store.scan(table, '', '\xff', (key, value) => {
    const copy = Buffer.from(value)
    if (!isChosen(copy, key)) return true
    copy[copy.length - 1]! ^= 1 // A record is not empty.
    damaged.set(key, copy)
    return true
  })
  for (const [key, value] of damaged) store.put(table, key, value)
  store.commit()
  await store.close()
  await storage.close()
  return damaged.size
}
