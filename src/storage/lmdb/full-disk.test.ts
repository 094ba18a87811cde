import assert from 'node:assert/strict'
import { execFileSync, type ChildProcess } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Table } from '#broker/ports.ts'
import { killChild, nextMessage, startChild, startCommand } from '../../../test/storage/child.ts'
import { makeDataDir, openStore, prepare } from '../../../test/storage/lmdb-content.ts'
import { scanned } from '../../../test/storage/store-content.ts'
import { Durability } from '../durability.ts'

const WRITER = new URL('../../../test/storage/full-disk-writer.ts', import.meta.url)
const DISK_BYTES = 12 * 1024 * 1024
const FILLER_BYTES = 6 * 1024 * 1024

/** A writer that will run out of room, and what makes room for it. */
interface Trial {
  readonly dataDir: string
  readonly child: ChildProcess
  makeRoom(): void
}

/** On a small disk of its own; undefined when this user may not mount one. */
function tryOnSmallDisk(context: TestContext, durability: Durability): Trial | undefined {
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
  assert.deepEqual([...new Set(events)], ['storage_failed', 'storage_recovered'])
  assert.ok(events.length <= 3, 'a line for each change only')
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
