import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { Table } from '#broker/ports.ts'
import { makeDataDir, openStore, prepare } from '../../../test/storage/lmdb-content.ts'
import { scanned } from '../../../test/storage/store-content.ts'
import type { WriterTask } from '../../../test/storage/writer-thread.ts'
import { Durability } from '../durability.ts'

const THREAD = new URL('../../../test/storage/writer-thread.ts', import.meta.url)
const TICKS = 60

for (const durability of Object.values(Durability)) {
  test(`in mode ${durability} two threads write to one environment, a third reads`, async (t) => {
    const dataDir = makeDataDir()
    const prepared = await prepare(dataDir, durability)
    const reader = openStore(prepared)
    t.after(async () => {
      await reader.close()
      await prepared.close()
      rmSync(dataDir, { recursive: true })
    })
    let reports = 0
    const threads = ['one', 'two'].map((name) => {
      const workerData: WriterTask = { ticket: prepared.ticket, name, ticks: TICKS }
      const thread = new Worker(THREAD, { workerData })
      thread.on('message', (key: string) => {
        reports++
        // In mode memory barriers do not wait for the commit.
        if (durability === Durability.MEMORY) return
        assert.ok(reader.get(Table.QUEUE, key) !== undefined, `${key} is seen at once`)
      })
      return once(thread, 'exit')
    })
    for (const [code] of await Promise.all(threads)) assert.equal(code, 0)
    assert.equal(reports, 2 * TICKS)
    const last = scanned(reader).filter((entry) => entry.endsWith(`=${TICKS - 1}`))
    assert.equal(last.length, 2 * 50)
    assert.equal(scanned(reader).length, 2 * TICKS * 50)
  })
}
