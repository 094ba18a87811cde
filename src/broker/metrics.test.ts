import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  COMPATIBLE_METRIC_COUNT,
  countersOf,
  Gauge,
  GAUGE_COUNT,
  GaugeWatermarks,
  Metric,
  METRIC_COUNT,
  METRIC_NAMES,
  Metrics,
  METRICS_BYTES,
  sumOf,
} from './metrics.ts'

test('every counter and gauge has one index and one name', () => {
  assert.equal(COMPATIBLE_METRIC_COUNT, 99)
  assert.equal(new Set(METRIC_NAMES).size, METRIC_COUNT)
  assert.equal(new Set(Object.values(Metric)).size, METRIC_COUNT)
  assert.equal(new Set([...Object.values(Metric), ...Object.values(Gauge)]).size, METRIC_COUNT + 13)
  assert.equal(METRIC_NAMES[Metric.MESSAGES_RECEIVED], 'messages.received')
  assert.equal(
    METRIC_NAMES[Metric.MESSAGES_DROPPED_AWAIT_PUBREL_TIMEOUT],
    'messages.dropped.await_pubrel_timeout',
  )
  assert.equal(Gauge.CHANNELS, METRIC_COUNT)
})

test('shards backed by one shared memory are summed by name', () => {
  const memory = new SharedArrayBuffer(METRICS_BYTES * 2)
  const shards = [new Metrics(memory), new Metrics(memory, METRICS_BYTES)]
  shards[0]!.increment(Metric.BYTES_RECEIVED, 10)
  shards[1]!.increment(Metric.BYTES_RECEIVED)
  shards[1]!.increment(Metric.OVERLOAD_PROTECTION_NEW_CONN, 2)
  // A reader of another thread builds its own view over the same memory.
  const reader = [new Metrics(memory), new Metrics(memory, METRICS_BYTES)]
  assert.equal(sumOf(reader, Metric.BYTES_RECEIVED), 11)
  const counters = countersOf(reader)
  assert.equal(counters['bytes.received'], 11)
  assert.equal(counters['overload_protection.new_conn'], 2)
  assert.equal(counters['bytes.sent'], 0)
  assert.equal(Object.keys(counters).length, METRIC_COUNT)
})

test('a gauge keeps its high watermark', () => {
  const metrics = new Metrics()
  const watermarks = new GaugeWatermarks()
  metrics.setGauge(Gauge.SESSIONS, 5)
  watermarks.observe([metrics])
  metrics.addGauge(Gauge.SESSIONS, -3)
  const readings = watermarks.observe([metrics])
  assert.deepEqual(readings[1], { name: 'sessions', count: 2, max: 5 })
  assert.equal(readings.length, GAUGE_COUNT)
  assert.equal(metrics.get(Gauge.SESSIONS), 2)
})
