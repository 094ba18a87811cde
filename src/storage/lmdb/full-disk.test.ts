import assert from 'node:assert/strict'
import { execFileSync, type ChildProcess } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { Table } from '#broker/ports.ts'
import { killChild, nextMessage, startChild, startCommand } from '../../../test/storage/child.ts'
import type { Outcome } from '../../../test/storage/full-disk-threads.ts'
import { valueOf } from '../../../test/storage/full-disk-value.ts'
import { makeDataDir, openStore, prepare } from '../../../test/storage/lmdb-content.ts'
import { scanned } from '../../../test/storage/store-content.ts'
import { Durability } from '../durability.ts'

const THREADS = new URL('../../../test/storage/full-disk-threads.ts', import.meta.url)
const WRITER = new URL('../../../test/storage/full-disk-writer.ts', import.meta.url)
const DISK_BYTES = 24 * 1024 * 1024
const FILLER_BYTES = 12 * 1024 * 1024

const ROUNDS = 30
const ROUND_MS = 30

/** A writer that will run out of room, and what makes room for it. */
interface Trial {
  readonly dataDir: string
  readonly child: ChildProcess
  makeRoom(): void
}

/** A small disk of its own; undefined when this user may not mount one. */
function mountSmallDisk(context: TestContext): string | undefined {
  const disk = makeDataDir()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', disk], {
      stdio: 'ignore',
    })
  } catch {
    rmSync(disk, { recursive: true })
    return undefined
  }
  context.after(() => {
    execFileSync('umount', [disk])
    rmSync(disk, { recursive: true })
  })
  return disk
}

function ordinaryDir(context: TestContext): string {
  const dir = makeDataDir()
  context.after(() => rmSync(dir, { recursive: true }))
  return dir
}

function tryOnSmallDisk(context: TestContext, durability: Durability): Trial | undefined {
  const disk = mountSmallDisk(context)
  if (disk === undefined) return undefined
  const filler = join(disk, 'filler')
  writeFileSync(filler, Buffer.alloc(FILLER_BYTES))
  const dataDir = join(disk, 'data')
  mkdirSync(dataDir)
  const child = startChild(WRITER, [dataDir, durability])
  return { dataDir, child, makeRoom: () => rmSync(filler) }
}

/** With a limit on the size of files, which needs no rights. */
function tryWithFileLimit(context: TestContext, durability: Durability): Trial {
  const dataDir = makeDataDir()
  context.after(() => rmSync(dataDir, { recursive: true }))
  const script = `ulimit -S -f ${(DISK_BYTES - FILLER_BYTES) / 512} && exec "$@"`
  const command = [process.execPath, WRITER.pathname, dataDir, durability]
  const child = startCommand('sh', ['-c', script, 'sh', ...command])
  const makeRoom = (): void =>
    void execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited'])
  return { dataDir, child, makeRoom }
}

async function runTrial(context: TestContext, trial: Trial, durability: Durability): Promise<void> {
  context.after(() => killChild(trial.child))
  assert.deepEqual(await nextMessage(trial.child), { full: 'full' })
  trial.makeRoom()
  trial.child.send('room')
  const { keys, events } = (await nextMessage(trial.child)) as { keys: number; events: string[] }
  assert.match(events[0] ?? '', /^storage_(refuses|failed)$/)
  assert.deepEqual(events.slice(1), ['storage_recovered'], 'a line for each change only')
  const prepared = await prepare(trial.dataDir, durability)
  const store = openStore(prepared)
  assert.equal(scanned(store, '', '\xff', Table.QUEUE).length, keys)
  await store.close()
  await prepared.close()
}

for (const durability of [Durability.BATCH, Durability.SYNC]) {
  test(`in mode ${durability} a full disk refuses, and goes on when there is room`, async (t) => {
    const trial = tryOnSmallDisk(t, durability) ?? tryWithFileLimit(t, durability)
    await runTrial(t, trial, durability)
  })

  test(`in mode ${durability} so does a limit on the size of files`, async (t) => {
    await runTrial(t, tryWithFileLimit(t, durability), durability)
  })
}

/** Others write to the disk and delete, as they like. */
async function disturb(disk: string): Promise<void> {
  const filler = join(disk, 'filler')
  for (let round = 0; round < ROUNDS; round++) {
    rmSync(filler, { force: true })
    await pause(ROUND_MS)
    try {
      // The last one takes all there is.
      const size = round % 3 === 0 ? DISK_BYTES : (round % 7) * 500_000
      writeFileSync(filler, Buffer.alloc(size))
    } catch {
      // The disk is full: so it shall be.
    }
    await pause(ROUND_MS)
  }
}

test('threads that meet a full disk lose nothing, and lmdb never meets it', async (context) => {
  const disk = mountSmallDisk(context) ?? ordinaryDir(context)
  const dataDir = join(disk, 'data')
  mkdirSync(dataDir)
  const child = startChild(THREADS, [dataDir], 'pipe')
  context.after(() => killChild(child))
  let errors = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text))
  await nextMessage(child)
  await disturb(disk)
  rmSync(join(disk, 'filler'), { force: true })
  child.send('stop')
  const outcomes = (await nextMessage(child)) as Outcome[]
  assert.equal(errors, '', 'lmdb writes a line for every write that fails')
  const prepared = await prepare(dataDir, Durability.BATCH)
  const store = openStore(prepared)
  for (const { kept } of outcomes) {
    assert.ok(kept.length > 20, `${kept.length} keys`)
    for (const key of kept) {
      assert.deepEqual(store.get(Table.BODIES, key), valueOf(key) as Uint8Array, key)
    }
  }
  await store.close()
  await prepared.close()
})

test('a new storage on a full disk is refused with what to do', async (context) => {
  const disk = mountSmallDisk(context)
  if (disk === undefined) return // Only a disk of one's own can be filled.
  writeFileSync(join(disk, 'filler'), Buffer.alloc(DISK_BYTES - 500_000))
  await assert.rejects(prepare(join(disk, 'data'), Durability.BATCH), /no space left on the disk/)
  rmSync(join(disk, 'filler'))
  await (await prepare(join(disk, 'data'), Durability.BATCH)).close()
})
