import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Gauge, Metric, sumOf } from '#broker/metrics.ts'
import { Table } from '#broker/ports.ts'
import { COMMIT_WAIT_MS, RACE_LOOK_MS, SLICE_PAUSE_MS } from '#broker/retained/retained-sweep.ts'
import { topicOrder } from '#broker/retained/retained-key.ts'
import { TableTotals } from '#broker/table-totals.ts'
import { hashString } from '#kernel/hash.ts'
import { MemoryDisk } from '#storage/memory/memory-store.ts'
import type { MemoryStore } from '#storage/memory/memory-store.ts'
import { ManualClock, Retainer } from './retainer.ts'

function shards(disk: MemoryDisk, shardCount: number): Retainer[] {
  const memory = new SharedArrayBuffer(TableTotals.memoryBytes(shardCount))
  const clock = new ManualClock()
  return Array.from({ length: shardCount }, (_, shard) => {
    return new Retainer({ store: disk.open(), shard, shardCount, memory, clock })
  })
}

function commit(...retainers: readonly Retainer[]): void {
  for (const { store } of retainers) {
    store.commit()
    ;(store as MemoryStore).completeCommit() // All are opened by `shards`.
  }
}

/** Lets time pass in which nobody changes anything. */
function rest(...retainers: readonly [Retainer, ...Retainer[]]): void {
  for (let pause = 0; pause < 60; pause++) {
    for (const { retained } of retainers) retained.advance()
    commit(...retainers)
    retainers[0].sweep.run()
    retainers[0].clock.advance(SLICE_PAUSE_MS)
  }
}

test('every shard reads what any has committed, and all know the count', () => {
  const [first, second] = shards(new MemoryDisk(), 2) as [Retainer, Retainer]
  first.set('a')
  second.set('b')
  assert.deepEqual(first.topics('#'), ['a'])
  commit(first, second)
  assert.deepEqual(first.topics('#'), ['a', 'b'])
  assert.deepEqual(second.topics('#'), ['a', 'b'])
  assert.equal(first.set('b', ''), 'deleted')
  commit(first)
  assert.deepEqual(second.topics('#'), ['a'])
  assert.equal(second.retained.count, 1)
  assert.equal(second.retained.bytes, first.retained.bytes)
  assert.equal(sumOf([first.metrics, second.metrics], Gauge.RETAINED), 1)
})

test('a delete reaches a message that another shard commits before it', () => {
  const [first, second] = shards(new MemoryDisk(), 2) as [Retainer, Retainer]
  first.set('a')
  assert.equal(second.set('a', ''), 'absent')
  commit(first, second)
  assert.deepEqual(first.topics('#'), [])
})

test('the count goes on after a restart with fewer or more shards', () => {
  const disk = new MemoryDisk()
  const four = shards(disk, 4)
  for (const [index, retainer] of four.entries()) {
    for (let topic = 0; topic <= index; topic++) retainer.set(`${index}/${topic}`)
  }
  commit(...four)
  const two = shards(disk, 2)
  assert.equal(two[0]!.retained.count, 10)
  two[1]!.set('0/0', '')
  commit(...two)
  const three = shards(disk, 3)
  assert.equal(three[2]!.retained.count, 9)
  assert.equal(three[0]!.topics('#').length, 9)
})

test('what a race of two shards left in the count is repaired by a walk that comes at once', () => {
  const disk = new MemoryDisk()
  const [first, second] = shards(disk, 2) as [Retainer, Retainer]
  first.sweepOnce()
  first.set('a')
  second.set('a')
  first.set('b')
  commit(first, second)
  assert.equal(first.retained.count, 3)
  rest(first, second)
  assert.equal(first.retained.count, 2)
  assert.equal(second.retained.count, 2)
  assert.equal(sumOf([first.metrics, second.metrics], Gauge.RETAINED), 2)
  commit(first)
  assert.equal(shards(disk, 2)[1]!.retained.count, 2)
})

test('a delete that did not see what it deleted is counted by a walk that comes at once', () => {
  const [first, second] = shards(new MemoryDisk(), 2) as [Retainer, Retainer]
  first.sweepOnce()
  first.set('a')
  second.set('a', '')
  commit(first, second)
  assert.equal(first.retained.count, 1)
  rest(first, second)
  assert.equal(second.retained.count, 0)
})

test('the later write stays although the earlier one is committed behind it', () => {
  const [first, second] = shards(new MemoryDisk(), 2) as [Retainer, Retainer]
  first.set('will', 'offline')
  first.set('gone', 'here')
  first.set('again', 'first')
  second.set('will', 'online')
  second.set('gone', '')
  second.set('again', 'second')
  second.set('again', 'third')
  commit(second, first)
  assert.deepEqual(second.payloads(), ['again first', 'gone here', 'will offline'])
  rest(first, second)
  assert.deepEqual(first.payloads(), ['again third', 'will online'])
  assert.equal(first.retained.count, 2)
  assert.equal(second.metrics.get(Metric.RETAINED_RACES_REPAIRED), 3)
})

/** Two topics whose keys share a place among those that shards watch. */
const NEIGHBOURS = ['t/1', neighbourOf('t/1')] as const

function neighbourOf(topic: string): string {
  const placeOf = (name: string): number => hashString(topicOrder(name)) % 4_096
  for (let number = 2; ; number++) {
    if (placeOf(`t/${number}`) === placeOf(topic)) return `t/${number}`
  }
}

test('the later write stays although another topic with its place is written behind it', () => {
  const [first, second] = shards(new MemoryDisk(), 2) as [Retainer, Retainer]
  const [topic, neighbour] = NEIGHBOURS
  first.set(topic, 'old')
  second.set(topic, 'new')
  first.set(neighbour, 'x')
  commit(second, first)
  assert.deepEqual(first.payloads()[0], `${topic} old`)
  rest(first, second)
  assert.deepEqual(first.payloads()[0], `${topic} new`)
})

test('the later write stays although another topic with its place was written before it', () => {
  const [first, second] = shards(new MemoryDisk(), 2) as [Retainer, Retainer]
  const [topic, neighbour] = NEIGHBOURS
  first.set(topic, 'old')
  second.set(neighbour, 'x')
  second.set(topic, 'new')
  commit(second, first)
  rest(first, second)
  assert.deepEqual(first.payloads()[0], `${topic} new`)
})

test('the later write stays although its shard hears of its own commit late', () => {
  const [first, second] = shards(new MemoryDisk(), 2) as [Retainer, Retainer]
  first.set('a', 'old')
  first.retained.advance()
  second.set('a', 'new')
  second.store.commit()
  const store = second.store as MemoryStore // All are opened by `shards`.
  store.applyCommit()
  commit(first)
  second.retained.advance()
  store.completeCommit()
  assert.deepEqual(first.payloads(), ['a old'])
  rest(first, second)
  assert.deepEqual(first.payloads(), ['a new'])
})

test('among more changes than are remembered nothing older is brought back', () => {
  const [first, second] = shards(new MemoryDisk(), 2) as [Retainer, Retainer]
  first.set('a', 'old')
  second.set('a', 'new')
  for (let change = 0; change < 65_536; change++) first.set('b', 'x')
  commit(second, first)
  rest(first, second)
  assert.equal(second.metrics.get(Metric.RETAINED_RACES_DROPPED), 1)
  assert.equal(second.metrics.get(Metric.RETAINED_RACES_REPAIRED), 0)
})

test('who wrote before another shard repairs nothing', () => {
  const [first, second] = shards(new MemoryDisk(), 2) as [Retainer, Retainer]
  first.set('a', '1')
  second.set('a', '2')
  first.set('a', '3')
  commit(first, second)
  assert.deepEqual(first.payloads(), ['a 2'])
  rest(first, second)
  assert.deepEqual(first.payloads(), ['a 3'])
  assert.equal(second.metrics.get(Metric.RETAINED_RACES_REPAIRED), 0)
})

test('so many races are watched, over that the oldest goes', () => {
  const [first, second] = shards(new MemoryDisk(), 2) as [Retainer, Retainer]
  for (let topic = 0; topic < 10_001; topic++) {
    first.set(`t/${topic}`, 'old')
    second.set(`t/${topic}`, 'new')
  }
  commit(second, first)
  rest(first, second)
  assert.deepEqual(
    first.payloads().filter((text) => text.endsWith('old')),
    ['t/0 old'],
  )
  assert.equal(second.metrics.get(Metric.RETAINED_RACES_DROPPED), 1)
})

test('shards that change different topics need no walk', () => {
  const [first, second] = shards(new MemoryDisk(), 2) as [Retainer, Retainer]
  first.sweepOnce()
  first.set('a')
  second.set('b')
  first.set('a')
  commit(first, second)
  first.clock.advance(60_000)
  second.set('a', '')
  assert.equal(first.totals.doubtful, false)
})

test('a walk waits for what another shard has counted and not committed', () => {
  const [first, second] = shards(new MemoryDisk(), 2) as [Retainer, Retainer]
  first.set('a')
  first.set('b')
  commit(first)
  second.set('a', '')
  for (let pause = 0; pause < 20; pause++) {
    first.sweep.run()
    second.retained.advance()
    first.clock.advance(SLICE_PAUSE_MS)
  }
  assert.equal(first.retained.count, 1)
  commit(second)
  assert.equal(first.sweepOnce(), RACE_LOOK_MS)
  assert.equal(first.retained.count, 1)
})

test('a walk that waits too long for another shard corrects nothing', () => {
  const [first, second] = shards(new MemoryDisk(), 2) as [Retainer, Retainer]
  first.set('a')
  commit(first)
  second.set('a', '')
  first.sweep.run()
  first.clock.advance(COMMIT_WAIT_MS)
  assert.equal(first.sweepOnce(), RACE_LOOK_MS)
  assert.equal(first.retained.count, 0)
})

test('a walk while others change the table does not make a right count wrong', () => {
  const disk = new MemoryDisk()
  const [first, second] = shards(disk, 2) as [Retainer, Retainer]
  for (let index = 0; index < 12_000; index++) first.set(`t/${index}`)
  commit(first)
  first.sweep.run()
  first.sweep.run() // A first slice is done, further ones follow.
  first.set('t/0', '')
  first.set('a')
  first.set('z')
  second.set('b')
  second.set('t/1', '')
  commit(first, second)
  while (first.sweep.run() < 1_000);
  assert.equal(first.retained.count, 12_001)
  rest(first, second)
  assert.equal(first.retained.count, 12_001)
  assert.equal(disk.size(Table.RETAINED), 12_001)
})
