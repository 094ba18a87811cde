import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import { startChild } from '../../../test/storage/child.ts'
import { makeDataDir, openStore, prepare } from '../../../test/storage/lmdb-content.ts'
import { checkTicks } from '../../../test/storage/tick-writer.ts'
import { Random, seedOf } from '../../../test/support/random.ts'
import { Durability } from '../durability.ts'

const WRITER = new URL('../../../test/storage/tick-writer.ts', import.meta.url)
const REPORTS_MAX = 60

/** Lets a writer run until it has reported some ticks, and kills it; returns the last reported. */
async function writeAndKill(
  dataDir: string,
  durability: Durability,
  random: Random,
): Promise<number> {
  const child = startChild(WRITER, [dataDir, durability])
  let reports = random.between(1, REPORTS_MAX)
  let last = 0
  child.on('message', (tick) => {
    last = Number(tick)
    if (--reports === 0) child.kill('SIGKILL')
  })
  const [, signal] = await once(child, 'exit')
  assert.equal(signal, 'SIGKILL', 'it ended by itself')
  return last
}

/** What is in the directory after a kill: whole ticks only, as `checkTicks` made sure. */
async function lastTick(dataDir: string, durability: Durability): Promise<number> {
  const prepared = await prepare(dataDir, durability)
  const store = openStore(prepared)
  try {
    return checkTicks(store)
  } finally {
    await store.close()
    await prepared.close()
  }
}

for (const [durability, kills] of [
  [Durability.BATCH, 4],
  [Durability.SYNC, 2],
] as const) {
  test(`in mode ${durability} a killed process lost nothing it acknowledged`, async (context) => {
    const dataDir = makeDataDir()
    context.after(() => rmSync(dataDir, { recursive: true }))
    const random = new Random(seedOf('KILL_SEED'))
    for (let kill = 0; kill < kills; kill++) {
      const acknowledged = await writeAndKill(dataDir, durability, random)
      const found = await lastTick(dataDir, durability)
      assert.ok(
        found >= acknowledged,
        `tick ${acknowledged} acknowledged, ${found} found; seed ${random.seed}`,
      )
    }
  })
}
