/**
 * Speed of the store over lmdb on the disk under the temporary directory (`TMPDIR`).
 *
 *   node src/storage/lmdb/lmdb-store.bench.ts [seconds for each line]
 *
 * Ticks of 1,000 puts (17-byte keys, 150-byte values) over some number of sessions, as fast as the
 * disk takes them: a tick starts while less than `AHEAD_BYTES` wait. `loop` is the time of the
 * event-loop thread for each put, making of keys included; `put` is the call of `put` alone.
 */
import { rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { Table } from '#broker/ports.ts'
import { u32Key } from '#kernel/binary-key.ts'
import { makeDataDir, openStore, prepare } from '../../../test/storage/lmdb-content.ts'
import { committed } from '../../../test/storage/store-content.ts'
import { Durability } from '../durability.ts'
import { MemoryDisk } from '../memory/memory-store.ts'
import type { GroupCommitStore } from '../group-commit-store.ts'

const TICK_PUTS = 1_000
const VALUE_BYTES = 150
const AHEAD_BYTES = 4_000_000
const READS = 200_000
const LATENCY_ROUNDS = 300

const secondsEach = Number(process.argv[2] ?? 2)
const values = Buffer.alloc(1 << 20, 7)

function keyOf(sessions: number, index: number): string {
  const session = index % sessions
  return `\0\0\0${u32Key(session)}\0\0\0\0\0\0${u32Key(index)}`
}

function valueOf(index: number): Buffer {
  const at = (index * VALUE_BYTES) % (values.length - VALUE_BYTES)
  return values.subarray(at, at + VALUE_BYTES)
}

interface Line {
  puts: number
  putMs: number
  barrierMs: number[]
}

/** One tick: puts, a barrier, the commit. */
function tick(store: GroupCommitStore, sessions: number, line: Line): void {
  const keys: string[] = []
  for (let index = 0; index < TICK_PUTS; index++) keys.push(keyOf(sessions, line.puts + index))
  const startedMs = performance.now()
  for (const key of keys) store.put(Table.QUEUE, key, valueOf(line.puts++), true)
  line.putMs += performance.now() - startedMs
  store.barrier(() => line.barrierMs.push(performance.now() - startedMs))
  store.commit()
}

async function benchPuts(name: string, store: GroupCommitStore, sessions: number): Promise<void> {
  const line: Line = { puts: 0, putMs: 0, barrierMs: [] }
  const startedMs = performance.now()
  const cpu = process.threadCpuUsage()
  while (performance.now() - startedMs < secondsEach * 1_000) {
    if (store.pendingBytes < AHEAD_BYTES) tick(store, sessions, line)
    // Sleeps while the disk is behind, so that the time of the thread is the time of its work.
    const behind = store.pendingBytes >= AHEAD_BYTES
    await new Promise((resolve) => (behind ? setTimeout(resolve, 1) : setImmediate(resolve)))
  }
  await committed(store)
  const tookMs = performance.now() - startedMs
  const { user, system } = process.threadCpuUsage(cpu)
  const barriers = line.barrierMs.sort((a, b) => a - b)
  const at = (share: number): string =>
    (barriers[Math.floor(barriers.length * share)] ?? 0).toFixed(1)
  console.log(
    `${name.padEnd(28)} ${Math.round((line.puts / tookMs) * 1_000)} puts/s, ` +
      `put ${((line.putMs / line.puts) * 1_000).toFixed(2)} us, ` +
      `loop ${((user + system) / line.puts).toFixed(2)} us, ` +
      `${store.counters.commits} commits, barrier p50 ${at(0.5)} p99 ${at(0.99)} ms`,
  )
}

/** One small tick after the other, each waiting for its barrier. */
async function benchLatency(store: GroupCommitStore): Promise<void> {
  const waits: number[] = []
  for (let round = 0; round < LATENCY_ROUNDS; round++) {
    const startedMs = performance.now()
    for (let index = 0; index < 10; index++) {
      store.put(Table.QUEUE, keyOf(10, round * 10 + index), valueOf(index))
    }
    await committed(store)
    waits.push(performance.now() - startedMs)
  }
  waits.sort((a, b) => a - b)
  const at = (share: number): string => (waits[Math.floor(waits.length * share)] ?? 0).toFixed(2)
  const text = `alone, 10 puts: barrier p50 ${at(0.5)} p99 ${at(0.99)} ms`
  console.log(`${''.padEnd(28)} ${text}`)
}

function benchReads(store: GroupCommitStore, sessions: number): void {
  let found = 0
  let startedMs = performance.now()
  for (let index = 0; index < READS; index++) {
    const key = keyOf(sessions, (index * 7_919) % 100_000)
    if (store.get(Table.QUEUE, key) !== undefined) found++
  }
  const getUs = ((performance.now() - startedMs) / READS) * 1_000
  startedMs = performance.now()
  let scanned = 0
  store.scan(Table.QUEUE, '', '\xff', () => ++scanned < READS)
  const scanUs = ((performance.now() - startedMs) / scanned) * 1_000
  const text = `get ${getUs.toFixed(2)} us (${found} found), scan ${scanUs.toFixed(2)} us/entry`
  console.log(`${''.padEnd(28)} ${text}`)
}

for (const durability of Object.values(Durability)) {
  for (const sessions of [1, 100, 10_000]) {
    const dataDir = makeDataDir()
    const prepared = await prepare(dataDir, durability)
    const store = openStore(prepared)
    await benchPuts(`${durability}, ${sessions} sessions`, store, sessions)
    if (durability === Durability.BATCH) benchReads(store, sessions)
    if (sessions === 1) await benchLatency(store)
    await store.close()
    await prepared.close()
    rmSync(dataDir, { recursive: true })
  }
}
await benchPuts('in memory', new MemoryDisk().open({ automatic: true }), 100)
console.log(`${availableParallelism()} cores, Node ${process.version}`)
