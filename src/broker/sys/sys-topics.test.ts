import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  COMPATIBLE_METRIC_COUNT,
  countersOf,
  Gauge,
  GaugeWatermarks,
  Metric,
  Metrics,
} from '../metrics.ts'
import {
  clientLevel,
  heartbeatMessages,
  metricsMessages,
  nodeMessages,
  statsMessages,
} from './sys-topics.ts'

const NODE = 'tideway@10.0.0.1'

test('a node says who runs, its version and its description, retained', () => {
  const facts = { nodeName: NODE, version: '1.2.3', description: 'Tideway' }
  assert.deepEqual(nodeMessages(facts, [NODE, 'tideway@10.0.0.2']), [
    { topic: '$SYS/brokers', payload: 'tideway@10.0.0.1,tideway@10.0.0.2', retain: true },
    { topic: `$SYS/brokers/${NODE}/version`, payload: '1.2.3', retain: true },
    { topic: `$SYS/brokers/${NODE}/sysdescr`, payload: 'Tideway', retain: true },
  ])
})

test('a heartbeat has the uptime in ms and the time with nanoseconds', () => {
  const [uptime, datetime] = heartbeatMessages(NODE, 61_000.7, Date.UTC(2026, 0, 2, 3, 4, 5, 6))
  assert.deepEqual(uptime, {
    topic: `$SYS/brokers/${NODE}/uptime`,
    payload: '61000',
    retain: false,
  })
  assert.equal(datetime?.topic, `$SYS/brokers/${NODE}/datetime`)
  assert.equal(datetime?.payload, '2026-01-02T03:04:05.006000000+00:00')
})

test('each gauge gives a count and a max, each compatible counter one message', () => {
  const metrics = new Metrics()
  metrics.setGauge(Gauge.SUBSCRIPTIONS_SHARED, 3)
  metrics.increment(Metric.MESSAGES_QOS0_SENT, 7)
  const stats = statsMessages(NODE, new GaugeWatermarks().observe([metrics]))
  assert.equal(stats.length, 26)
  assert.deepEqual(
    stats.filter(({ topic }) => topic.includes('shared')),
    [
      {
        topic: `$SYS/brokers/${NODE}/stats/subscriptions/shared/count`,
        payload: '3',
        retain: false,
      },
      { topic: `$SYS/brokers/${NODE}/stats/subscriptions/shared/max`, payload: '3', retain: false },
    ],
  )
  const counters = metricsMessages(NODE, countersOf([metrics]))
  assert.equal(counters.length, COMPATIBLE_METRIC_COUNT)
  assert.deepEqual(
    counters.filter(({ payload }) => payload !== '0'),
    [{ topic: `$SYS/brokers/${NODE}/metrics/messages/qos0/sent`, payload: '7', retain: false }],
  )
})

test('a client id makes no invalid topic, whatever it holds', () => {
  assert.equal(clientLevel('plain-id'), 'plain-id')
  assert.equal(clientLevel('a+b/#\0'), 'a%2Bb/%23%00')
})
