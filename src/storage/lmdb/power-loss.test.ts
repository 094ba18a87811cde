import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeDataDir, openStore, prepare } from '../../../test/storage/lmdb-content.ts'
import { PowerLossDisk, type Choice } from '../../../test/storage/power-loss-disk.ts'
import { STRACE_OPTIONS, readTrace } from '../../../test/storage/power-loss-trace.ts'
import { checkTicks } from '../../../test/storage/tick-writer.ts'
import { Random, seedOf } from '../../../test/support/random.ts'
import { canRun, needsPackage } from '../../../test/support/needs-package.ts'
import { Durability } from '../durability.ts'

const WRITER = new URL('../../../test/storage/tick-writer.ts', import.meta.url).pathname
const TICKS = 60
const CUTS = 12
/** Where lmdb notes which start of the machine wrote a header, in each of its three. */
const BOOT_ID_OFFSETS = [160, 2_048 + 160, 4_096 + 160]

function choicesOf(random: Random): readonly Choice[] {
  return [
    () => 0,
    (_page, newest) => random.between(0, newest),
    // Headers that refer to pages which never arrived.
    (page, newest) => (page < 2 ? newest : 0),
  ]
}

function onlyChildOf(pid: number): number {
  const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1'))
  assert.ok(child > 0, 'strace has one child') // To 0 would be to whoever runs the tests.
  return child
}

/** Lets a writer run under strace until it has reported so many ticks; returns the trace. */
async function traceWriter(dataDir: string, durability: Durability): Promise<string> {
  const file = join(dataDir, 'trace')
  const command = [process.execPath, WRITER, dataDir, durability]
  const child = spawn('strace', [...STRACE_OPTIONS, '-o', file, ...command], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  let reports = 0
  child.on('message', () => {
    // The writer only: strace has lines to write yet, and may miss how the last report ended.
    if (++reports === TICKS + 1) process.kill(onlyChildOf(child.pid!), 'SIGKILL') // It runs.
  })
  await once(child, 'exit')
  return readFileSync(file, 'latin1')
}

/** The last tick in a file that a machine which lost power left behind. */
async function lastTick(image: Buffer, durability: Durability): Promise<number> {
  const dataDir = makeDataDir()
  try {
    // The machine was started again since.
    for (const offset of BOOT_ID_OFFSETS) image[offset]! ^= 1 // In range: there are headers.
    mkdirSync(join(dataDir, 'storage'))
    writeFileSync(join(dataDir, 'storage', 'data.mdb'), image)
    const prepared = await prepare(dataDir, durability)
    const store = openStore(prepared)
    try {
      return checkTicks(store)
    } finally {
      await store.close()
      await prepared.close()
    }
  } finally {
    rmSync(dataDir, { recursive: true })
  }
}

for (const durability of [Durability.BATCH, Durability.SYNC]) {
  const name = `in mode ${durability} what was acknowledged is there after a loss of power`
  test(name, needsPackage('strace', canRun('strace', ['-V'])), async (context) => {
    const dataDir = makeDataDir()
    context.after(() => rmSync(dataDir, { recursive: true }))
    await (await prepare(dataDir, durability)).close()
    const file = join(dataDir, 'storage', 'data.mdb')
    const before = readFileSync(file)
    const events = readTrace(await traceWriter(dataDir, durability), file)
    const disk = new PowerLossDisk(before, events)
    const reports = events.filter((event) => event.kind === 'report')
    assert.ok(reports.length >= TICKS, `${reports.length} reports in the trace`)
    const random = new Random(seedOf('POWER_LOSS_SEED'))
    const choices = choicesOf(random)
    const end = events.at(-1)?.startedAt ?? 0
    for (let cut = 1; cut <= CUTS; cut++) {
      const at = Math.floor(((cut - random.next()) * end) / CUTS)
      const reported = reports.findLast(({ startedAt }) => startedAt < at)?.number ?? 0
      for (const choose of choices) {
        const found = await lastTick(disk.imageAt(at, choose), durability)
        assert.ok(
          found >= reported,
          `tick ${reported} acknowledged, ${found} found; seed ${random.seed}`,
        )
      }
    }
  })
}
