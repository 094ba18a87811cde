import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Gauge, Metric } from '#broker/metrics.ts'
import { Table } from '#broker/ports.ts'
import { REMOVE_AFTER_MS, SWEEP_INTERVAL_MS } from '#broker/retained/retained-sweep.ts'
import { MemoryDisk } from '#storage/memory/memory-store.ts'
import { Retainer } from './retainer.ts'

function open(settings = {}): Retainer {
  return new Retainer({ store: new MemoryDisk().open({ automatic: true }), settings })
}

test('the sweep removes what expired some time ago, and counts it', () => {
  const retainer = open({ messageExpiryMs: 1_000 })
  retainer.set('old')
  retainer.clock.advance(REMOVE_AFTER_MS)
  retainer.set('young')
  retainer.settings = { ...retainer.settings, messageExpiryMs: 0 }
  retainer.set('for ever')
  retainer.clock.advance(1_000)
  retainer.sweepOnce()
  assert.equal(retainer.retained.count, 2)
  assert.equal(retainer.store.get(Table.RETAINED, 'old'), undefined)
  assert.notEqual(retainer.store.get(Table.RETAINED, 'young'), undefined)
  assert.equal(retainer.metrics.get(Metric.RETAINED_EXPIRED), 1)
  retainer.clock.advance(Math.max(REMOVE_AFTER_MS, SWEEP_INTERVAL_MS))
  retainer.sweepOnce()
  assert.equal(retainer.retained.count, 1)
  assert.deepEqual(retainer.topics('#'), ['for ever'])
})

test('a damaged record is not taken for an expired one', () => {
  const retainer = open()
  retainer.set('a')
  const record = Buffer.from(retainer.store.get(Table.RETAINED, 'a') ?? [])
  record.writeUIntBE(1, 5, 6)
  retainer.store.put(Table.RETAINED, 'a', record)
  retainer.sweepOnce()
  assert.notEqual(retainer.store.get(Table.RETAINED, 'a'), undefined)
})

test('a slice is bounded in keys and time; the next walk comes after the configured pause', () => {
  const retainer = open()
  for (let index = 0; index < 10_100; index++) retainer.set(`t/${index}`)
  const pauses: number[] = []
  for (let slice = 0; slice < 4; slice++) pauses.push(retainer.sweep.run())
  assert.deepEqual(pauses, [50, 50, 50, SWEEP_INTERVAL_MS])
  assert.equal(retainer.retained.count, 10_100)
  retainer.settings = { ...retainer.settings, clearIntervalMs: 7_000 }
  retainer.clock.advance(SWEEP_INTERVAL_MS)
  retainer.clock.stepMs = 1
  let slices = 0
  while (retainer.sweep.run() !== 7_000) slices++
  assert.ok(slices >= 10_100 / 64, `${slices} slices with a slow clock`)
  assert.equal(retainer.retained.count, 10_100)
})

test('a recount that repairs the totals repairs the gauge', () => {
  const retainer = open()
  retainer.set('a')
  retainer.totals.add('b', 1, 10) // As after a race of two shards for one topic.
  retainer.set('c')
  assert.equal(retainer.metrics.get(Gauge.RETAINED), 3)
  retainer.sweepOnce()
  assert.equal(retainer.metrics.get(Gauge.RETAINED), 2)
})
