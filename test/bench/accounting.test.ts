/** What the load generator says about a broker that loses, repeats, reorders, refuses, leaves. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BenchError } from '#cli/bench/bench-run.ts'
import { type BenchOptions, makePlan } from '#cli/bench/make-plan.ts'
import type { BenchMode } from '#cli/bench/plan.ts'
import type { BenchResult, MessageResult } from '#cli/bench/result.ts'
import { runBench } from '#cli/bench/run-bench.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { type Behaviour, FakeBroker } from './fake-broker.ts'

const COUNT = 400
const QUICK: BenchOptions = {
  publishers: 2,
  subscribers: 2,
  count: COUNT,
  warmup: 0,
  duration: 20,
  drain: 5,
  threads: 1,
  window: 50,
  burst: 4,
}

async function bench(
  mode: BenchMode,
  behaviour: Behaviour,
  options: BenchOptions = {},
): Promise<{ result: BenchResult; messages: MessageResult; broker: FakeBroker }> {
  const broker = await FakeBroker.start(behaviour)
  try {
    const result = await runBench(makePlan(mode, { ...QUICK, port: broker.port, ...options }))
    const { messages } = result
    return { result, messages: messages ?? ({} as MessageResult), broker }
  } finally {
    await broker.stop()
  }
}

function counts({ lost, duplicated, late, foreign, deliveredInAll }: MessageResult) {
  return { lost, duplicated, late, foreign, deliveredInAll }
}

const CLEAN = { lost: 0, duplicated: 0, late: 0, foreign: 0, deliveredInAll: COUNT }

describe('a broker that works', () => {
  for (const mode of ['pair', 'fanin', 'fanout', 'shared'] as const) {
    for (const qos of [0, 1, 2]) {
      it(`${mode}, QoS ${qos}: every message is counted once`, async () => {
        const copies = mode === 'fanin' || mode === 'fanout' ? 2 : 1
        const { messages, result } = await bench(mode, {}, { qos })
        assert.deepEqual(counts(messages), { ...CLEAN, deliveredInAll: COUNT * copies })
        assert.equal(messages.expectedInAll, COUNT * copies)
        assert.equal(messages.unacknowledged, 0)
        assert.deepEqual(result.problems, [])
      })
    }
  }

  for (const protocol of [3, 4, 5]) {
    it(`speaks version ${protocol} of the protocol`, async () => {
      const { messages, broker } = await bench('pair', {}, { protocol, qos: 1 })
      assert.deepEqual(counts(messages), CLEAN)
      assert.equal(broker.packetsOf(PacketType.CONNECT)[0]?.version, protocol)
    })
  }

  it('several threads divide the clients and count together', async () => {
    const options = { threads: 3, publishers: 6, subscribers: 6, count: 600, qos: 1 }
    for (const mode of ['pair', 'shared'] as const) {
      const { messages, broker } = await bench(mode, {}, options)
      assert.deepEqual(counts(messages), { ...CLEAN, deliveredInAll: 600 })
      const ids = broker.packetsOf(PacketType.CONNECT).map(({ clientId }) => clientId)
      assert.equal(new Set(ids).size, 12)
    }
  })

  it('large messages that arrive in parts are counted once', async () => {
    const { messages } = await bench('pair', {}, { size: 200_000, count: 40, qos: 1 })
    assert.deepEqual(counts(messages), { ...CLEAN, deliveredInAll: 40 })
  })

  it('payloads without a mark are counted, without latency', async () => {
    const { messages } = await bench('pair', {}, { size: 15 })
    assert.deepEqual(counts(messages), CLEAN)
    assert.equal(messages.deliveryTimes.count, 0)
  })

  it('random topics reach one of many filters each', async () => {
    const options = { topic: 'w/{r}/x', filter: 'w/%i/+', filters: 50, topics: 100, qos: 1 }
    const { messages, broker } = await bench('pair', {}, options)
    assert.deepEqual(counts(messages), CLEAN)
    const topics = new Set(broker.packetsOf(PacketType.PUBLISH).map(({ topic }) => topic))
    assert.ok(topics.size > 50, `${topics.size} topics`)
  })

  it('a publisher keeps to its window, and to the receive maximum of the broker', async () => {
    const options = { qos: 1, inflight: 7, burst: 5 }
    const own = await bench('pair', { acksLater: true }, options)
    assert.equal(own.broker.underWayMax, 7)
    const asked = await bench('pair', { acksLater: true, receiveMaximum: 3 }, options)
    assert.equal(asked.broker.underWayMax, 3)
    assert.deepEqual(counts(asked.messages), CLEAN)
  })

  it('no more is under way than the window holds', async () => {
    const options = { window: 20, count: 1_000_000, duration: 0.4, drain: 0.5 }
    const { messages } = await bench('fanout', { fate: () => 'never' }, options)
    assert.equal(messages.sentInAll, 10, 'of two copies each')
    assert.equal(messages.lost, 20)
  })

  it('a rate is kept', async () => {
    const options = { rate: 500, count: 1_000_000, duration: 0.6, burst: 1 }
    const { messages } = await bench('pair', {}, options)
    assert.ok(messages.sentPerSecond > 200 && messages.sentPerSecond < 550)
  })
})

describe('a broker that does not deliver', () => {
  it('losses are counted, the loop goes on', async () => {
    const fate = (n: number) => (n % 10 === 0 ? ('never' as const) : ('once' as const))
    const { messages } = await bench('pair', { fate }, { window: 30, drain: 1 })
    assert.deepEqual(counts(messages), { ...CLEAN, lost: 40, deliveredInAll: 360 })
    assert.ok(messages.stalls >= 1, 'the lost messages had filled the window')
  })

  it('repetitions are counted apart, at every QoS and in shared subscriptions', async () => {
    const fate = (n: number) => (n % 10 === 0 ? ('twice' as const) : ('once' as const))
    for (const mode of ['pair', 'shared'] as const) {
      const { messages } = await bench(mode, { fate }, { qos: 1 })
      assert.deepEqual(counts(messages), { ...CLEAN, duplicated: 40 })
    }
  })

  it('a repetition does not hide a loss', async () => {
    const fate = (n: number) => (n % 20 === 0 ? 'never' : n % 20 === 1 ? 'twice' : 'once')
    for (const mode of ['pair', 'shared'] as const) {
      const { messages } = await bench(mode, { fate }, { window: 1000, drain: 1 })
      assert.deepEqual(counts(messages), {
        ...CLEAN,
        lost: 20,
        duplicated: 20,
        deliveredInAll: 380,
      })
    }
  })

  it('messages out of order are late, neither lost nor repeated', async () => {
    const fate = (n: number) => (n % 10 === 0 ? ('after-next' as const) : ('once' as const))
    const options = { publishers: 1, subscribers: 1 }
    const { messages } = await bench('pair', { fate }, options)
    assert.deepEqual(counts(messages), { ...CLEAN, late: 40 })
  })
})

describe('a broker that says no', () => {
  it('a refused connection ends the run with the reason', async () => {
    const reason = ReasonCode.NOT_AUTHORIZED
    for (const protocol of [4, 5]) {
      await assert.rejects(bench('pair', { connackReason: reason }, { protocol }), (error) => {
        assert.ok(error instanceof BenchError)
        assert.match(error.message, /connection refused: not authorized \(0x87\) \(give --username/)
        return true
      })
    }
  })

  it('a refused subscription ends the run with the reason', async () => {
    const run = bench('pair', { subackReason: ReasonCode.NOT_AUTHORIZED })
    await assert.rejects(run, /subscription refused: not authorized/)
  })

  it('a broker that says nothing is waited for no longer than the limit', async () => {
    const run = bench('pair', { silent: true }, { connectTimeout: 0.3 })
    await assert.rejects(run, /no CONNACK within 0.3 s/)
  })

  it('a port where nobody listens is named with the remedy', async () => {
    const broker = await FakeBroker.start()
    const { port } = broker
    await broker.stop()
    const plan = makePlan('pair', { ...QUICK, port })
    await assert.rejects(runBench(plan), (error) => {
      assert.ok(error instanceof BenchError)
      assert.match(error.message, new RegExp(`127.0.0.1:${port}:\\n  cannot connect: ECONNREFUSED`))
      assert.match(error.message, /is the broker running/)
      return true
    })
  })

  it('connections that come up are counted and timed', async () => {
    const options = { publishers: 5, subscribers: 0, duration: 0.05 }
    const { result } = await bench('conn', {}, options)
    assert.deepEqual(
      [result.connections.connected, result.connections.failed, result.connections.wanted],
      [5, 0, 5],
    )
    assert.equal(result.connections.times.count, 5)
  })

  it('refused messages are counted and not waited for', async () => {
    const { messages, result } = await bench('pub', { ackReason: 0x97 }, { qos: 1, clients: 2 })
    assert.equal(messages.refused, COUNT)
    assert.equal(messages.unacknowledged, 0)
    assert.deepEqual(result.problems, [[`message refused: quota exceeded (0x97)`, COUNT]])
  })

  it('a connection that is cut in the middle is a problem of the result', async () => {
    const { result, messages } = await bench('pair', { cutAfter: 50 }, { drain: 0.1, qos: 1 })
    assert.equal(result.connections.disconnected, 2)
    assert.equal(messages.lost, messages.expectedInAll - messages.deliveredInAll)
    assert.ok(result.problems.some(([text]) => /closed by the broker|broken/.test(text)))
  })
})

describe('retained messages', () => {
  it('are stored, received by everybody, and removed', async () => {
    const { result, broker } = await bench('retained', {}, { count: 300, subscribers: 3 })
    const { retained } = result
    assert.equal(retained?.stored, 300)
    assert.equal(retained.expected, 900)
    assert.equal(retained.delivered, 900)
    assert.equal(retained.firstTimes.count, 3)
    assert.equal(broker.retained.size, 0)
  })

  it('stay when they are to be kept, and only the filter counts', async () => {
    const options = { count: 300, topic: 'a{s/10}/b/{s%10}', filter: '+/+/7', keep: true }
    const { result, broker } = await bench('retained', {}, { ...options, subscribers: 1 })
    assert.equal(result.retained?.expected, 30)
    assert.equal(result.retained.delivered, 30)
    assert.equal(broker.retained.size, 300)
  })
})

it('an interrupted run has the result of what was measured', async () => {
  const broker = await FakeBroker.start()
  const controller = new AbortController()
  const { port } = broker
  const endless = { port, duration: 0, count: 1_000_000_000 }
  const plan = makePlan('pair', { ...QUICK, ...endless })
  const result = await runBench(plan, {
    signal: controller.signal,
    progress: (stage) => {
      if (stage === 'measuring') controller.abort()
    },
  })
  await broker.stop()
  assert.equal(result.interrupted, true)
  assert.ok((result.messages?.delivered ?? 0) > 0)
  assert.equal(result.messages?.lost, 0, 'what is under way is waited for')
})
