import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Table, type Clock } from '#broker/ports.ts'
import { bytes, committed, scanned, text } from '../../../test/storage/store-content.ts'
import { testStore } from '../../../test/storage/store-kit.ts'
import { Durability } from '../durability.ts'
import { InFlight, MemoryDisk, type MemoryStore, type MemoryStoreOptions } from './memory-store.ts'

function makeContent(options: MemoryStoreOptions) {
  let disk = new MemoryDisk()
  return Promise.resolve({
    open: () => disk.open(options),
    reopen() {
      disk.crash()
      return Promise.resolve(disk.open(options))
    },
    remove() {
      disk = new MemoryDisk()
      return Promise.resolve()
    },
  })
}

testStore('memory store', () => makeContent({ automatic: true }), 200)
testStore(
  'memory store in mode sync',
  () => makeContent({ automatic: true, durability: Durability.SYNC }),
  200,
)

/** Notes what barriers answer. */
function listen(store: MemoryStore, answers: string[], name: string): void {
  store.barrier((failure) => answers.push(`${name} ${failure?.kind ?? 'ok'}`))
}

test('a commit ends when its owner says so', () => {
  const store = new MemoryDisk().open()
  const answers: string[] = []
  store.put(Table.QUEUE, 'a', bytes('1'))
  listen(store, answers, 'a')
  assert.equal(store.commitUnderWay, false)
  store.commit()
  assert.equal(store.commitUnderWay, true)
  assert.deepEqual(answers, [])
  assert.equal(store.completeCommit(), true)
  assert.deepEqual(answers, ['a ok'])
  assert.equal(store.completeCommit(), false)
})

test('ticks that end while a commit is under way share the next one', () => {
  const disk = new MemoryDisk()
  const store = disk.open()
  store.put(Table.QUEUE, 'a', bytes('1'))
  store.commit()
  for (const key of ['b', 'c', 'd']) {
    store.put(Table.QUEUE, key, bytes('1'))
    store.commit()
  }
  assert.ok(store.completeCommit())
  assert.equal(disk.size(Table.QUEUE), 1)
  assert.ok(store.completeCommit())
  assert.equal(disk.size(Table.QUEUE), 4)
  assert.equal(store.completeCommit(), false)
})

test('in mode sync every tick is a commit of its own', () => {
  const disk = new MemoryDisk()
  const store = disk.open({ durability: Durability.SYNC })
  for (let tick = 1; tick <= 10; tick++) {
    store.put(Table.QUEUE, `k${tick}`, bytes('1'))
    store.commit()
  }
  for (let tick = 1; tick <= 10; tick++) {
    assert.ok(store.completeCommit())
    assert.equal(disk.size(Table.QUEUE), tick)
  }
  assert.equal(store.commitUnderWay, false)
})

test('a batch that has grown large is not joined by further ticks', () => {
  const disk = new MemoryDisk()
  const store = disk.open()
  for (let tick = 0; tick < 12; tick++) {
    store.put(Table.QUEUE, `k${tick}`, Buffer.alloc(2_000_000))
    store.commit()
  }
  const sizes: number[] = []
  while (store.completeCommit()) sizes.push(disk.size(Table.QUEUE))
  assert.deepEqual(sizes, [1, 4, 7, 10, 12])
})

test('in mode sync ticks that wait are bounded in number', () => {
  const store = new MemoryDisk().open({ durability: Durability.SYNC })
  for (let tick = 0; tick < 1_000; tick++) {
    store.put(Table.QUEUE, `k${tick}`, bytes('1'))
    store.commit()
  }
  let commits = 0
  while (store.completeCommit()) commits++
  assert.ok(commits < 20, `${commits} commits`)
  assert.equal(store.pendingBytes, 0)
})

test('a commit that ends inside a tick does not cut the tick in two', () => {
  const disk = new MemoryDisk()
  const store = disk.open()
  store.put(Table.QUEUE, 'a', bytes('1'))
  store.commit()
  store.put(Table.QUEUE, 'b1', bytes('1'))
  store.completeCommit()
  assert.equal(store.commitUnderWay, false, 'the tick has not ended')
  store.put(Table.QUEUE, 'b2', bytes('1'))
  store.commit()
  store.completeCommit()
  assert.equal(disk.size(Table.QUEUE), 3)
})

test('in mode memory barriers do not wait', () => {
  const store = new MemoryDisk().open({ durability: Durability.MEMORY })
  const answers: string[] = []
  store.put(Table.QUEUE, 'a', bytes('1'))
  listen(store, answers, 'a')
  assert.deepEqual(answers, ['a ok'])
})

test('a failed commit is told to all who wait, kept, and tried again', async () => {
  const disk = new MemoryDisk()
  const store = disk.open()
  const answers: string[] = []
  store.failNext('full')
  store.put(Table.QUEUE, 'a', bytes('1'))
  listen(store, answers, 'a')
  store.commit()
  store.put(Table.QUEUE, 'b', bytes('2'))
  listen(store, answers, 'b')
  assert.equal(store.healthy, true)
  store.completeCommit()
  assert.deepEqual(answers, ['a full', 'b full'])
  assert.equal(store.healthy, false)
  assert.equal(store.pendingBytes, 4)
  assert.deepEqual(scanned(store), ['a=1', 'b=2'], 'still seen')
  assert.equal(disk.size(Table.QUEUE), 0)
  const again = committed(store)
  assert.ok(store.completeCommit(), 'first the batch that failed')
  assert.ok(store.completeCommit(), 'then what came after it')
  assert.equal(await again, undefined)
  assert.equal(store.healthy, true)
  assert.equal(disk.size(Table.QUEUE), 2)
  assert.equal(store.pendingBytes, 0)
  assert.equal(store.counters.failedCommits, 1)
})

test('while a failed commit waits for its next try, barriers fail at the end of the tick', () => {
  const clock = makeClock()
  const store = new MemoryDisk().open({ clock, automatic: true })
  const answers: string[] = []
  store.failNext('io')
  store.put(Table.QUEUE, 'a', bytes('1'))
  store.commit()
  listen(store, answers, 'nothing new')
  store.commit()
  store.put(Table.QUEUE, 'b', bytes('1'))
  listen(store, answers, 'new')
  assert.deepEqual(answers, ['nothing new io'])
  store.commit()
  assert.deepEqual(answers, ['nothing new io', 'new io'])
  clock.ms += 99
  store.commit()
  assert.equal(store.healthy, false)
  clock.ms += 1
  store.commit()
  assert.equal(store.healthy, true)
  assert.equal(store.pendingBytes, 0)
})

test('tries become rarer while the disk fails, and frequent again when it works', () => {
  const clock = makeClock()
  const store = new MemoryDisk().open({ clock, automatic: true })
  store.put(Table.QUEUE, 'a', bytes('1'))
  for (let failures = 0; failures < 8; failures++) store.failNext('io')
  const tries: number[] = []
  for (let last = 0; store.pendingBytes > 0; clock.ms += 50) {
    store.commit()
    if (store.counters.failedCommits === last) continue
    last = store.counters.failedCommits
    tries.push(clock.ms)
  }
  const waits = tries.slice(1).map((ms, index) => ms - tries[index]!)
  assert.deepEqual(waits, [100, 200, 400, 800, 1_600, 3_200, 5_000])
  store.put(Table.QUEUE, 'b', bytes('1'))
  store.failNext('io')
  store.commit()
  clock.ms += 100
  store.commit()
  assert.equal(store.healthy, true)
})

test('a failure after which the writes are there all the same is repaired by the next try', () => {
  const disk = new MemoryDisk()
  const store = disk.open({ automatic: true })
  store.failNext('io', true)
  store.put(Table.QUEUE, 'a', bytes('1'), true)
  store.commit()
  assert.equal(disk.size(Table.QUEUE), 1)
  store.remove(Table.QUEUE, 'a')
  assert.equal(store.get(Table.QUEUE, 'a'), undefined)
  store.commit()
  assert.equal(disk.size(Table.QUEUE), 0)
  assert.equal(store.healthy, true)
})

test('a crash loses what was not committed', () => {
  const disk = new MemoryDisk()
  const store = disk.open()
  const answers: string[] = []
  store.put(Table.QUEUE, 'committed', bytes('1'))
  store.commit()
  store.completeCommit()
  store.put(Table.QUEUE, 'under way', bytes('1'))
  listen(store, answers, 'under way')
  store.commit()
  store.put(Table.QUEUE, 'open', bytes('1'))
  const after = store.crash()
  assert.deepEqual(scanned(after), ['committed=1'])
  assert.equal(store.completeCommit(), false)
  assert.deepEqual(answers, [], 'nobody is told anything by a crash')
})

test('a commit under way may survive a crash without having been acknowledged', () => {
  const disk = new MemoryDisk()
  const store = disk.open()
  const other = disk.open()
  store.put(Table.QUEUE, 'a', bytes('1'))
  store.commit()
  other.put(Table.QUEUE, 'b', bytes('1'))
  disk.crash(InFlight.KEPT)
  assert.deepEqual(scanned(disk.open()), ['a=1'])
})

test('a crash in mode memory leaves nothing', () => {
  const disk = new MemoryDisk()
  const store = disk.open({ durability: Durability.MEMORY, automatic: true })
  store.put(Table.QUEUE, 'a', bytes('1'))
  store.commit()
  disk.crash()
  assert.deepEqual(scanned(disk.open()), [])
})

test('stores of several shards share what is committed', () => {
  const disk = new MemoryDisk()
  const one = disk.open()
  const two = disk.open()
  one.put(Table.QUEUE, 'a', bytes('1'))
  assert.equal(two.get(Table.QUEUE, 'a'), undefined)
  one.commit()
  assert.equal(two.get(Table.QUEUE, 'a'), undefined)
  one.completeCommit()
  assert.equal(text(two.get(Table.QUEUE, 'a')), '1')
})

test('a store is unhealthy while too much waits, or its size is exceeded', () => {
  const store = new MemoryDisk().open({ pendingBytesMax: 100 })
  store.put(Table.QUEUE, 'a', Buffer.alloc(100))
  assert.equal(store.healthy, false)
  store.commit()
  store.completeCommit()
  assert.equal(store.healthy, true)
  store.setLimitReached(true)
  assert.equal(store.healthy, false)
  store.put(Table.QUEUE, 'b', bytes('1'))
  store.commit()
  assert.ok(store.completeCommit(), 'what is under way can be finished')
  store.setLimitReached(false)
  assert.equal(store.healthy, true)
})

test('a store is unhealthy while a commit takes too long', () => {
  const clock = makeClock()
  const store = new MemoryDisk().open({ clock })
  store.put(Table.QUEUE, 'a', bytes('1'))
  store.commit()
  clock.ms += 10_001
  store.commit()
  assert.equal(store.healthy, false)
  store.completeCommit()
  assert.equal(store.healthy, true)
})

test('each change of state is one line in the log, with what to do', () => {
  const lines: string[] = []
  const note = (level: string) => (event: string, fields?: Record<string, unknown>) =>
    void lines.push(`${level} ${event} ${String(fields?.['state'] ?? fields?.['was'])}`)
  const log = { debug() {}, info: note('info'), warn: note('warn'), error: note('error') }
  const store = new MemoryDisk().open({ log, automatic: true, pendingBytesMax: 10 })
  for (let failures = 0; failures < 3; failures++) store.failNext('full')
  store.put(Table.QUEUE, 'a', Buffer.alloc(20))
  for (let tick = 0; tick < 10; tick++) store.commit()
  assert.deepEqual(lines, ['error storage_failed full', 'info storage_recovered full'])
})

test('closing writes what is pending, and says when it could not', async () => {
  const disk = new MemoryDisk()
  const good = disk.open({ automatic: true })
  good.put(Table.QUEUE, 'a', bytes('1'))
  assert.equal(await good.close(), undefined)
  assert.equal(disk.size(Table.QUEUE), 1)
  const bad = disk.open({ automatic: true, durability: Durability.MEMORY })
  bad.failNext('io')
  bad.put(Table.QUEUE, 'b', bytes('1'))
  assert.equal((await bad.close())?.kind, 'io')
})

test('a barrier that asks, writes and commits keeps the order', () => {
  const store = new MemoryDisk().open({ automatic: true })
  const answers: string[] = []
  store.put(Table.QUEUE, 'a', bytes('1'))
  store.barrier(() => {
    answers.push('first')
    store.put(Table.QUEUE, 'b', bytes('1'))
    store.barrier(() => answers.push('third'))
    store.commit()
  })
  store.barrier(() => answers.push('second'))
  store.commit()
  assert.deepEqual(answers, ['first', 'second', 'third'])
})

function makeClock(): Clock & { ms: number } {
  const clock = { ms: 0, nowMs: () => clock.ms, monotonicMs: () => clock.ms }
  return clock
}
