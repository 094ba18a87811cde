import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Table } from '#broker/ports.ts'
import { TableTotals } from '#broker/table-totals.ts'
import { MemoryDisk } from '#storage/memory/memory-store.ts'

function pair(): readonly [TableTotals, TableTotals] {
  const memory = new SharedArrayBuffer(TableTotals.memoryBytes(2))
  const disk = new MemoryDisk()
  const open = (shard: number): TableTotals => {
    return new TableTotals(disk.open({ automatic: true }), Table.RETAINED, shard, 2, memory)
  }
  return [open(0), open(1)]
}

test('a recount knows which changes of its own shard it has already seen', () => {
  const [totals] = pair()
  totals.add('b', 1, 10)
  totals.add('d', 1, 10)
  totals.beginRecount()
  totals.recounted('c', 1, 10)
  totals.add('a', 1, 5) // Behind the walk, which will not come to it.
  totals.add('c', 1, 5) // Where it stands and beyond: it will.
  totals.add('e', 1, 5)
  totals.add('b', -1, -10)
  totals.recounted('\xff', 3, 20)
  assert.equal(totals.finishRecount(), 0)
  assert.equal(totals.count, 4)
  assert.equal(totals.bytes, 25)
})

test('a recount repairs a wrong count as far as other shards leave no doubt', () => {
  const [totals, other] = pair()
  const walk = (count: number, changesElsewhere: number): number => {
    totals.beginRecount()
    for (let change = 0; change < changesElsewhere; change++) other.add('k', change % 2 ? -1 : 1, 0)
    totals.recounted('\xff', count, count * 10)
    return totals.finishRecount()
  }
  totals.add('a', 5, 50)
  assert.equal(walk(9, 2), 2) // 9 were counted; two changes elsewhere make it 7 at least.
  assert.equal(totals.count, 7)
  assert.equal(walk(3, 2), -2)
  assert.equal(totals.count, 5)
  assert.equal(walk(6, 2), 0)
  assert.equal(walk(6, 0), 1)
  assert.equal(totals.count, 6)
  assert.equal(totals.bytes, 60)
  assert.equal(totals.finishRecount(), 0)
})

test('a damaged record counts as nothing until the recount', () => {
  const store = new MemoryDisk().open({ automatic: true })
  const before = new TableTotals(store, Table.DELAYED, 0, 1)
  before.add('a', 2, 20)
  store.scan(Table.META, '', '\xff', (key, value) => {
    store.put(
      Table.META,
      key,
      value.map((byte, at) => (at === 9 ? byte ^ 1 : byte)),
    )
    return false
  })
  const after = new TableTotals(store, Table.DELAYED, 0, 1)
  after.load()
  assert.equal(after.count, 0)
  after.beginRecount()
  after.recounted('\xff', 2, 20)
  assert.equal(after.finishRecount(), 2)
  assert.equal(after.bytes, 20)
})

test('several shards need one memory', () => {
  const store = new MemoryDisk().open()
  assert.throws(() => new TableTotals(store, Table.RETAINED, 0, 2), /one memory/u)
})
