import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { getDelayed, listDelayed } from '#broker/delayed/delayed-list.ts'
import { SENDING_MAX } from '#broker/delayed/delayed-store.ts'
import type { AddResult } from '#broker/delayed/delayed-store.ts'
import { Gauge, Metric } from '#broker/metrics.ts'
import { Table } from '#broker/ports.ts'
import { TableTotals } from '#broker/table-totals.ts'
import { MemoryDisk } from '#storage/memory/memory-store.ts'
import { Delayer, topicsOf } from './delayer.ts'

const NEVER = Number.POSITIVE_INFINITY

function open(): Delayer {
  return new Delayer({ store: new MemoryDisk().open({ automatic: true }) })
}

function idOf(result: AddResult): string {
  assert.ok(result.stored)
  return result.id
}

test('messages come when they are due, earliest first, equal times in the order they came', () => {
  const times = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 60 })
  const looks = fc.array(fc.integer({ min: 0, max: 22 }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(times, looks, fc.integer({ min: 1, max: 5 }), (dueTimes, lookTimes, limit) => {
      const delayer = open()
      const waiting = dueTimes.map((dueAtMs, index) => ({ dueAtMs, topic: `t/${index}` }))
      for (const { dueAtMs, topic } of waiting) delayer.add(topic, dueAtMs)
      // A stable sort: equal times keep their order.
      waiting.sort((a, b) => a.dueAtMs - b.dueAtMs)
      for (const nowMs of [...lookTimes, 100].sort((a, b) => a - b)) {
        assert.equal(delayer.delayed.nextDueMs, waiting[0]?.dueAtMs ?? NEVER)
        const given: string[] = []
        for (let more = true; more;) {
          const topics = delayer.due(nowMs, limit)
          assert.ok(topics.length <= limit)
          given.push(...topics)
          more = topics.length > 0
        }
        const expected = waiting.filter(({ dueAtMs }) => dueAtMs <= nowMs)
        waiting.splice(0, expected.length)
        assert.deepEqual(
          given,
          expected.map(({ topic }) => topic),
        )
      }
      assert.equal(delayer.delayed.nextDueMs, NEVER)
      assert.equal(delayer.delayed.count, 0)
    }),
    { numRuns: 100 },
  )
})

test('a delayed message comes back as it was', () => {
  const delayer = open()
  const id = idOf(delayer.add('a/b', 50))
  delayer.delayed.due(60, 10, (delayed) => {
    assert.equal(delayed.id, id)
    assert.equal(delayed.dueAtMs, 50)
    assert.equal(delayed.username, 'ada')
    const { message } = delayed
    assert.equal(message.topic.topic, 'a/b')
    assert.equal(message.payload.toString(), 'for a/b')
    assert.equal(message.qos, 1)
    assert.equal(message.publisher, 'pub')
    assert.equal(message.receivedAtMs, 5)
    assert.equal(message.borrowed, false)
    return true
  })
  assert.equal(delayer.metrics.get(Metric.MESSAGES_DELAYED), 1)
  assert.equal(delayer.metrics.get(Metric.DELAYED_SENT), 1)
  assert.equal(delayer.metrics.get(Gauge.DELAYED), 0)
})

test('a message that comes while others wait may be the next one', () => {
  const delayer = open()
  delayer.add('later', 100)
  assert.equal(delayer.delayed.nextDueMs, 100)
  delayer.add('sooner', 50)
  assert.equal(delayer.delayed.nextDueMs, 50)
  delayer.add('past', -5)
  assert.deepEqual(delayer.due(60), ['past', 'sooner'])
  assert.equal(delayer.delayed.nextDueMs, 100)
})

test('the limit refuses more', () => {
  const delayer = open()
  delayer.messagesMax = 2
  delayer.add('a', 1)
  delayer.add('b', 1)
  assert.deepEqual(delayer.add('c', 1), { stored: false, reason: 'count_limit' })
  assert.equal(delayer.metrics.get(Metric.DELAYED_REFUSED_COUNT_LIMIT), 1)
  delayer.due(1)
  assert.ok(delayer.add('c', 1).stored)
})

test('a message leaves the store with what its publish wrote, or not at all', () => {
  const disk = new MemoryDisk()
  const delayer = new Delayer({ store: disk.open() })
  delayer.add('a', 10)
  delayer.commit()
  delayer.delayed.due(10, 10, () => {
    delayer.store.put(Table.QUEUE, 'written by the publish', Buffer.from('x'))
    return true
  })
  // The crash comes before the commit: the message is still there and nothing of its publish.
  disk.crash()
  const after = new Delayer({ store: disk.open(), run: 2 })
  assert.equal(after.store.get(Table.QUEUE, 'written by the publish'), undefined)
  assert.deepEqual(after.due(10), ['a'])
  after.commit()
  const last = new Delayer({ store: disk.open(), run: 3 })
  assert.equal(last.delayed.nextDueMs, NEVER)
  assert.equal(last.delayed.count, 0)
})

test('a message stays until its publish is settled, and is given once', () => {
  const disk = new MemoryDisk()
  const delayer = new Delayer({ store: disk.open({ automatic: true }) })
  delayer.add('a', 10)
  delayer.add('b', 10)
  const given: string[] = []
  const visit = ({ id }: { readonly id: string }): boolean => given.push(id) < 0
  assert.equal(delayer.delayed.due(10, 10, visit), 2)
  assert.equal(delayer.delayed.due(10, 10, visit), 0)
  assert.equal(delayer.delayed.sending, 2)
  assert.equal(delayer.delayed.count, 2)
  assert.equal(delayer.delayed.cancel(given[0]!), false)
  delayer.delayed.settle(given[0]!)
  delayer.delayed.settle(given[0]!)
  delayer.delayed.settle('unknown')
  assert.equal(delayer.delayed.count, 1)
  assert.equal(delayer.delayed.sending, 1)
  // A new one that is due before those being sent does not bring them back.
  delayer.add('c', 5)
  assert.deepEqual(delayer.due(10), ['c'])
  delayer.store.commit()
  disk.crash()
  const after = new Delayer({ store: disk.open({ automatic: true }), run: 2 })
  assert.deepEqual(after.due(10), ['b'])
})

test('only so many are sent at a time', () => {
  const delayer = open()
  for (let index = 0; index < SENDING_MAX + 5; index++) delayer.add('t', 1)
  const ids: string[] = []
  const visit = ({ id }: { readonly id: string }): boolean => ids.push(id) < 0
  assert.equal(delayer.delayed.due(1, 5_000, visit), SENDING_MAX)
  assert.equal(delayer.delayed.nextDueMs, NEVER)
  delayer.delayed.settle(ids[0]!)
  assert.equal(delayer.delayed.nextDueMs, 1)
  assert.equal(delayer.delayed.due(1, 5_000, visit), 1)
})

test('a message that expires while it waits is removed and not given', () => {
  const delayer = open()
  delayer.add('short', 100, 50)
  delayer.add('long', 100, 150)
  assert.deepEqual(delayer.due(100), ['long'])
  assert.equal(delayer.delayed.count, 0)
  assert.equal(delayer.metrics.get(Metric.DELAYED_EXPIRED), 1)
})

test('what cannot be read is counted and does not hold up the others', () => {
  const delayer = open()
  const id = idOf(delayer.add('bad', 1))
  delayer.add('good', 2)
  const key = Buffer.from(id, 'hex').toString('latin1')
  const record = Buffer.from(delayer.store.get(Table.DELAYED, key) ?? [])
  record[record.length - 1]! ^= 1
  delayer.store.put(Table.DELAYED, key, record)
  assert.deepEqual(delayer.due(5), ['good'])
  assert.equal(delayer.metrics.get(Metric.DELAYED_CORRUPT), 1)
  assert.equal(delayer.delayed.nextDueMs, NEVER)
})

test('messages are cancelled by id and by filter', () => {
  const delayer = open()
  const id = idOf(delayer.add('a/1', 10))
  for (const topic of ['a/2', 'b/1', 'a/3']) delayer.add(topic, 20)
  assert.ok(delayer.delayed.cancel(id))
  assert.ok(!delayer.delayed.cancel(id))
  assert.ok(!delayer.delayed.cancel('nonsense'))
  assert.equal(delayer.delayed.nextDueMs, 20)
  assert.deepEqual(delayer.delayed.cancelMatching('a/+', ''), { cancelled: 2, next: undefined })
  assert.deepEqual(delayer.due(20), ['b/1'])
  assert.equal(delayer.delayed.count, 0)
  assert.equal(delayer.metrics.get(Metric.DELAYED_CANCELLED), 3)
})

test('cancelling by filter goes in bounded steps', () => {
  const delayer = open()
  for (let index = 0; index < 4_500; index++) delayer.add(index % 2 === 0 ? 'even' : 'odd', 5)
  let from = ''
  let cancelled = 0
  let steps = 0
  for (let next: string | undefined = ''; next !== undefined; steps++) {
    from = next
    const step = delayer.delayed.cancelMatching('odd', from)
    cancelled += step.cancelled
    next = step.next
  }
  assert.equal(steps, 3)
  assert.equal(cancelled, 2_250)
  assert.equal(delayer.delayed.count, 2_250)
})

function shards(disk: MemoryDisk, shardCount: number, run: number): Delayer[] {
  const memory = new SharedArrayBuffer(TableTotals.memoryBytes(shardCount))
  return Array.from({ length: shardCount }, (_, shard) => {
    return new Delayer({ store: disk.open(), shard, shardCount, run, memory })
  })
}

test('each message has one shard, also when their number changes', () => {
  const disk = new MemoryDisk()
  const five = shards(disk, 5, 1)
  for (const [shard, delayer] of five.entries()) {
    for (let index = 0; index < 3; index++) delayer.add(`${shard}/${index}`, 100 - index)
    delayer.commit()
  }
  const two = shards(disk, 2, 2)
  assert.equal(two[0]!.delayed.count, 15)
  two[1]!.add('new', 97)
  for (const delayer of two) delayer.commit()
  const reader = disk.open()
  const page = topicsOf(listDelayed(reader, two[0]!.router, { skip: 1, limit: 4 }))
  assert.deepEqual(page, ['0/2', '1/2', '2/2', '3/2'])
  assert.equal(listDelayed(reader, two[0]!.router, { skip: 10, limit: 100 }).length, 6)
  assert.equal(two[1]!.delayed.nextDueMs, 97)
  assert.deepEqual(two[1]!.due(97), ['new'])
  // Messages of different publishers with equal times have no order.
  assert.deepEqual(two[1]!.due(98).sort(), ['1/2', '3/2'])
  assert.deepEqual(two[1]!.due(99).sort(), ['1/1', '3/1'])
  assert.deepEqual(two[1]!.due(200).sort(), ['1/0', '3/0'])
  assert.equal(two[0]!.due(200).length, 9)
  assert.equal(two[0]!.delayed.count, 0)
})

test('one look gives the messages of all partitions in the order of time', () => {
  const disk = new MemoryDisk()
  const [even, odd] = shards(disk, 2, 1) as [Delayer, Delayer]
  for (const dueAtMs of [10, 30, 50, 70]) even.add(`${dueAtMs}`, dueAtMs)
  for (const dueAtMs of [20, 40, 45, 60]) odd.add(`${dueAtMs}`, dueAtMs)
  even.commit()
  odd.commit()
  const [all] = shards(disk, 1, 2) as [Delayer]
  assert.deepEqual(all.due(65), ['10', '20', '30', '40', '45', '50', '60'])
  assert.equal(all.delayed.nextDueMs, 70)
})

test('a list goes on after a message of any partition, also when that is gone', () => {
  const disk = new MemoryDisk()
  const three = shards(disk, 3, 1)
  for (const [shard, delayer] of three.entries()) {
    for (const dueAtMs of [20, 10, 20, 30]) delayer.add(`${shard}/${dueAtMs}`, dueAtMs)
    delayer.commit()
  }
  const store = disk.open()
  const { router } = three[0]!
  const all = listDelayed(store, router, { skip: 0, limit: 100 })
  assert.equal(all.length, 12)
  for (const [index, { id }] of all.entries()) {
    const rest = listDelayed(store, router, { after: id, skip: 0, limit: 100 })
    assert.deepEqual(topicsOf(rest), topicsOf(all.slice(index + 1)))
  }
  const gone = all[4]!
  assert.equal(three.filter(({ delayed }) => delayed.cancel(gone.id)).length, 1)
  for (const delayer of three) delayer.commit()
  const rest = listDelayed(disk.open(), router, { after: gone.id, skip: 0, limit: 100 })
  assert.deepEqual(topicsOf(rest), topicsOf(all.slice(5)))
  assert.deepEqual(listDelayed(store, router, { after: 'none', skip: 0, limit: 9 }), [])
})

test('a list shows them by due time with a page, and one by id', () => {
  const delayer = open()
  for (let index = 0; index < 600; index++) delayer.add(`t/${index}`, 10_000 - index)
  const { router, store } = delayer
  assert.deepEqual(topicsOf(listDelayed(store, router, { skip: 0, limit: 2 })), ['t/599', 't/598'])
  assert.deepEqual(topicsOf(listDelayed(store, router, { skip: 598, limit: 5 })), ['t/1', 't/0'])
  assert.deepEqual(listDelayed(store, router, { skip: 600, limit: 5 }), [])
  const [first] = listDelayed(store, router, { skip: 0, limit: 1 })
  const found = getDelayed(store, router, first?.id ?? '')
  assert.equal(found?.message.payload.toString(), 'for t/599')
  assert.equal(getDelayed(store, router, 'ff'.repeat(17)), undefined)
})
