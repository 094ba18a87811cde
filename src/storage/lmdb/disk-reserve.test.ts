import assert from 'node:assert/strict'
import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { makeDataDir, openStore, prepare } from '../../../test/storage/lmdb-content.ts'
import { Durability } from '../durability.ts'
import { Batch } from '../pending/batch.ts'
import { DATA_FILE } from './data-file.ts'
import { DiskReserve } from './disk-reserve.ts'

const BTRFS = 0x9123_683e
const EXT4 = 0xef53
const BLOCK_BYTES = 4_096
const MEGABYTE = 1024 * 1024
const LOOKS_MAX = 10_000

/** A reserve on a disk whose free space the test decides, over a real data file. */
class Disk {
  freeBytes = 0
  /** How often anybody looked, so that a loop without end is seen. */
  looks = 0
  readonly reserve: DiskReserve
  readonly file: string

  constructor(path: string, ticket: ConstructorParameters<typeof DiskReserve>[0], type: number) {
    this.file = join(path, DATA_FILE)
    this.reserve = new DiskReserve(
      ticket,
      () => 0,
      () => {
        assert.ok(++this.looks < LOOKS_MAX, 'nobody looks for ever')
        return { type, bavail: Math.floor(this.freeBytes / BLOCK_BYTES), bsize: BLOCK_BYTES }
      },
    )
  }

  static async make(context: TestContext, type: number): Promise<Disk> {
    const dataDir = makeDataDir()
    const prepared = await prepare(dataDir, Durability.BATCH)
    const store = openStore(prepared)
    const disk = new Disk(prepared.ticket.path, prepared.ticket, type)
    context.after(async () => {
      await disk.reserve.close()
      await store.close()
      await prepared.close()
      rmSync(dataDir, { recursive: true })
    })
    return disk
  }

  /** Claims room for an empty batch and gives it back; undefined when there is room. */
  async whyNot(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.reserve.claim(new Batch(), (claimed, failure) => {
        if (failure === undefined) this.reserve.release(claimed)
        resolve(failure?.message)
      })
    })
  }

  async becomes(isLow: boolean): Promise<void> {
    while (this.reserve.low !== isLow) await pause(5)
  }
}

test('where writing over zeros takes space, the disk has to have room', async (context) => {
  const disk = await Disk.make(context, BTRFS)
  disk.freeBytes = 100 * MEGABYTE
  assert.equal(await disk.whyNot(), undefined)
  assert.equal(disk.reserve.low, false)
  const sizeBefore = statSync(disk.file).size
  disk.freeBytes = 3 * MEGABYTE
  disk.looks = 0
  assert.match((await disk.whyNot()) ?? '', /the disk is full/)
  assert.equal(disk.reserve.low, true)
  assert.ok(disk.looks < 50, `it is given up, and not tried for ever: ${disk.looks} looks`)
  assert.ok(statSync(disk.file).size - sizeBefore < 8 * MEGABYTE, 'nor is the file made longer')
  disk.freeBytes = 100 * MEGABYTE
  await disk.becomes(false)
  assert.equal(await disk.whyNot(), undefined)
})

test('elsewhere a reserve that stands in the file is enough', async (context) => {
  const disk = await Disk.make(context, EXT4)
  disk.freeBytes = 100 * MEGABYTE
  assert.equal(await disk.whyNot(), undefined)
  disk.freeBytes = 0
  assert.equal(await disk.whyNot(), undefined)
  assert.equal(disk.reserve.low, false)
})
