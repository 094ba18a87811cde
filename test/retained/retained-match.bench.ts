/**
 * Speed of the look-up of retained messages by filter, over lmdb on the disk under `TMPDIR`.
 *
 *   node test/retained/retained-match.bench.ts [messages, 1000000 unless given]
 *
 * For each filter: ms of work until the first match, for all matches, in the longest step, and the
 * keys it looked at. The clock's time of a step is bounded; the first match may need many steps.
 */
import { rmSync } from 'node:fs'
import { DEFAULT_SETTINGS } from '#broker/limits.ts'
import { Message } from '#broker/message.ts'
import { Metrics } from '#broker/metrics.ts'
import { Table } from '#broker/ports.ts'
import { RetainedStore } from '#broker/retained/retained-store.ts'
import { RetainedSweep, SLICE_PAUSE_MS } from '#broker/retained/retained-sweep.ts'
import { Router } from '#broker/router/router.ts'
import { TableTotals } from '#broker/table-totals.ts'
import { Durability } from '#storage/durability.ts'
import type { GroupCommitStore } from '#storage/group-commit-store.ts'
import { makeDataDir, openStore, prepare, REAL_CLOCK } from '../storage/lmdb-content.ts'

const MESSAGES = Number(process.argv[2] ?? 1_000_000)
const BATCH = 10_000
const PAYLOAD = Buffer.alloc(100, 0x61)
const NO_BYTES = Buffer.alloc(0)

interface Shape {
  readonly name: string
  readonly topic: (index: number) => string
  readonly filters: readonly string[]
}

const SHAPES: readonly Shape[] = [
  {
    name: '100 sites, devices, 10 values: site3/device77/m5',
    topic: (index) => {
      const device = Math.floor(index / 10)
      return `site${device % 100}/device${Math.floor(device / 100)}/m${index % 10}`
    },
    filters: ['#', 'site50/#', '+/+/m7', 'site5/+/m7', '+/device77/#', '+/+/none', '+/none/m1'],
  },
  {
    name: 'every message with its own first level: d77/a',
    topic: (index) => `d${index}/a`,
    filters: ['+/a', '+/none', '+/+/none', `d${MESSAGES - 1}/+`],
  },
]

function open(store: GroupCommitStore): { retained: RetainedStore; sweep: RetainedSweep } {
  const totals = new TableTotals(store, Table.RETAINED, 0, 1)
  const settings = () => DEFAULT_SETTINGS.retainer
  const common = { store, clock: REAL_CLOCK, totals, settings }
  const metrics = new Metrics()
  const retained = new RetainedStore({ ...common, metrics, router, unreadable() {} })
  retained.load()
  return { retained, sweep: new RetainedSweep({ ...common, retained }) }
}

const router = new Router(0, { topicLevelsMax: 128, topicCacheEntriesMax: 10_000 })

async function fill(store: GroupCommitStore, retained: RetainedStore, shape: Shape): Promise<void> {
  const startMs = performance.now()
  let setMs = 0
  for (let first = 0; first < MESSAGES; first += BATCH) {
    const batchMs = performance.now()
    for (let index = first; index < first + BATCH; index++) {
      const entry = router.entryFor(shape.topic(index))
      retained.set(new Message(entry, PAYLOAD, 1, true, NO_BYTES, 0, 'bench', 1, false))
    }
    setMs += performance.now() - batchMs
    await new Promise<void>((resolve) => {
      store.barrier(() => resolve())
      store.commit()
    })
  }
  const perSet = ((setMs * 1_000) / MESSAGES).toFixed(1)
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1)
  console.log(`\n${shape.name}\n  filled in ${seconds} s, ${perSet} us each on the loop`)
}

async function measure(retained: RetainedStore, filter: string): Promise<void> {
  const cursor = retained.open(filter)
  let matches = 0
  let workMs = 0
  let firstMs = Number.NaN
  let longestMs = 0
  for (let more = true; more;) {
    const startMs = performance.now()
    more = cursor.next(1_000, () => {
      if (matches++ === 0) firstMs = workMs + performance.now() - startMs
      return true
    })
    const stepMs = performance.now() - startMs
    workMs += stepMs
    longestMs = Math.max(longestMs, stepMs)
    await new Promise(setImmediate)
  }
  const times = [firstMs, workMs, longestMs].map((ms) => ms.toFixed(2).padStart(9))
  console.log(
    `  ${filter.padEnd(16)} first ${times[0]} all ${times[1]} step ${times[2]} ms, ` +
      `${matches} matches, ${cursor.examined} keys`,
  )
}

async function sweepOnce(sweep: RetainedSweep): Promise<void> {
  let workMs = 0
  let longestMs = 0
  let slices = 0
  for (let pauseMs = SLICE_PAUSE_MS; pauseMs === SLICE_PAUSE_MS; slices++) {
    const startMs = performance.now()
    pauseMs = sweep.run()
    const sliceMs = performance.now() - startMs
    workMs += sliceMs
    longestMs = Math.max(longestMs, sliceMs)
    await new Promise(setImmediate)
  }
  const longest = longestMs.toFixed(2)
  console.log(`  sweep: ${workMs.toFixed(0)} ms of work in ${slices} slices, longest ${longest} ms`)
}

for (const shape of SHAPES) {
  const dataDir = makeDataDir()
  const prepared = await prepare(dataDir, Durability.BATCH)
  const store = openStore(prepared)
  const { retained, sweep } = open(store)
  await fill(store, retained, shape)
  for (const filter of shape.filters) await measure(retained, filter)
  await sweepOnce(sweep)
  const { heapUsed, external } = process.memoryUsage()
  const heapMb = ((heapUsed + external) / 1_048_576).toFixed(0)
  console.log(`  ${retained.count} messages, ${retained.bytes} bytes; heap ${heapMb} MiB`)
  await store.close()
  await prepared.close()
  rmSync(dataDir, { recursive: true })
}
