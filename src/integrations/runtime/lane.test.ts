import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { DriverError } from '#drivers/driver-error.ts'
import type { Sink, WriteFault } from '#plugin/define-connector.ts'
import type { ValueMap } from '#plugin/value.ts'
import { ACTION_COUNTER_NAMES, makeActionCounters } from './action-counters.ts'
import { DiskLog } from './disk-log.ts'
import { Lane, type LaneSettings } from './lane.ts'
import { LaneBuffer } from './lane-buffer.ts'

const SETTINGS: LaneSettings = {
  number: 0,
  windowMax: 1,
  batchMax: 1,
  batchBytesMax: 1_000_000,
  batchTimeMs: 0,
  ttlMs: Infinity,
  retryMostMs: 1000,
  replayPerSecond: Infinity,
}

interface Answer {
  readonly ns: readonly number[]
  done(faults?: readonly WriteFault[]): void
  fail(error: Error): void
}

/** A lane with a sink whose answers the test gives, under a clock of its own. */
function startLane(context: TestContext, settings: Partial<LaneSettings>, isOpen = true) {
  context.mock.timers.enable({ apis: ['setTimeout', 'setImmediate', 'Date'] })
  const counters = makeActionCounters()
  const requests: Answer[] = []
  const lost: string[] = []
  const troubles: string[] = []
  const dropped = (record: { readonly record: ValueMap }, why: string) => {
    lost.push(`${Number(record.record['n'])} ${why}`)
  }
  const buffer = new LaneBuffer(
    { mode: 'memory', bytesMax: 10_000_000, nowMs: Date.now },
    undefined,
    {
      dropped,
      readFailed: () => {},
      ready: () => {},
    },
  )
  const lane = new Lane({ ...SETTINGS, ...settings }, buffer, {
    counters,
    nowMs: Date.now,
    monotonicMs: Date.now,
    random: () => 1,
    lost: ({ record, done }, { kind, reason }) => {
      lost.push(`${Number(record['n'])} ${kind} ${reason}`)
      done?.({ kind, reason })
    },
    delayed: () => {},
    troubled: (reason) => troubles.push(reason),
  })
  const sink: Sink = {
    write: (records) =>
      new Promise((resolve, reject) => {
        const ns = records.map(({ n }) => Number(n))
        requests.push({ ns, done: resolve, fail: reject })
      }),
  }
  if (isOpen) lane.use(sink)
  return {
    lane,
    sink,
    requests,
    lost,
    troubles,
    push: (...ns: readonly number[]) => {
      for (const n of ns) lane.push({ n }, undefined)
    },
    /** Lets time pass, and everything happen that is due. */
    pass: async (ms: number) => {
      await settled(context)
      context.mock.timers.tick(ms)
      await settled(context)
    },
    sent: () => requests.map(({ ns }) => ns),
    count: (name: string) => counters[ACTION_COUNTER_NAMES.indexOf(name)],
  }
}

/** Everything has happened that waits for no time. */
async function settled(context: TestContext): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await Promise.resolve()
    context.mock.timers.tick(0)
  }
}

const BUSY = new DriverError('retryable', 'busy')

test('a request takes what waits, by count and by bytes', async (context) => {
  const { push, pass, sent } = startLane(context, { batchMax: 3, windowMax: 10 })
  push(1, 2, 3, 4)
  await pass(0)
  assert.deepEqual(sent(), [[1, 2, 3], [4]])
})

test('a request carries no more than so many bytes, but for one record', async (context) => {
  const small = startLane(context, { batchMax: 10, windowMax: 10, batchBytesMax: 250 })
  small.push(1, 2, 3)
  small.lane.push({ n: 4, text: 'x'.repeat(1000) }, undefined)
  small.push(5)
  await small.pass(0)
  assert.deepEqual(small.sent(), [[1, 2, 3], [4], [5]])
})

test('a request waits to become full, but no longer than batch_time', async (context) => {
  const { push, pass, sent } = startLane(context, { batchMax: 3, batchTimeMs: 100, windowMax: 10 })
  push(1)
  await pass(99)
  assert.deepEqual(sent(), [])
  await pass(1)
  push(2, 3, 4)
  await pass(0)
  assert.deepEqual(sent(), [[1], [2, 3, 4]])
})

test('no more requests are under way than the window has', async (context) => {
  const { push, pass, sent, requests } = startLane(context, { windowMax: 2 })
  push(1, 2, 3)
  await pass(0)
  assert.deepEqual(sent(), [[1], [2]])
  requests[1]?.done()
  await pass(0)
  assert.deepEqual(sent(), [[1], [2], [3]])
})

test('what may work later goes first, in order', async (context) => {
  const { push, pass, sent, requests, count } = startLane(context, { windowMax: 2 })
  push(1, 2, 3)
  await pass(0)
  requests[1]?.fail(BUSY)
  requests[0]?.fail(BUSY)
  await pass(99)
  assert.equal(requests.length, 2)
  await pass(1)
  assert.deepEqual(sent().slice(2), [[1], [2]])
  requests[2]?.done()
  requests[3]?.fail(BUSY)
  await pass(99)
  assert.equal(requests.length, 4)
  await pass(1)
  assert.deepEqual(sent().slice(4), [[2], [3]])
  requests[4]?.done()
  requests[5]?.done()
  await pass(0)
  assert.deepEqual([count('success'), count('retried'), count('retried.success')], [3, 3, 2])
})

test('pauses grow from failure to failure up to the limit', async (context) => {
  const { push, pass, requests } = startLane(context, { retryMostMs: 300 })
  push(1)
  await pass(0)
  for (const pauseMs of [100, 200, 300, 300]) {
    const before = requests.length
    requests.at(-1)?.fail(BUSY)
    await pass(pauseMs - 1)
    assert.equal(requests.length, before)
    await pass(1)
    assert.equal(requests.length, before + 1)
  }
})

test('records of a batch that are refused fail alone', async (context) => {
  const { push, pass, sent, requests, lost, count } = startLane(context, { batchMax: 3 })
  push(1, 2, 3)
  await pass(0)
  requests[0]?.fail(new DriverError('fatal', 'bad'))
  await pass(0)
  requests[1]?.done()
  await pass(0)
  requests[2]?.fail(new DriverError('fatal', 'bad'))
  await pass(0)
  requests[3]?.done()
  await pass(0)
  assert.deepEqual(sent(), [[1, 2, 3], [1], [2], [3]])
  assert.deepEqual(lost, ['2 failed bad'])
  assert.deepEqual([count('success'), count('failed')], [2, 1])
})

test('faults of a batch have their own fates', async (context) => {
  const { push, pass, sent, requests, lost } = startLane(context, { batchMax: 3 })
  push(1, 2, 3)
  await pass(0)
  requests[0]?.done([
    { index: 0, kind: 'fatal', reason: 'no' },
    { index: 2, kind: 'retryable', reason: 'busy' },
  ])
  await pass(100)
  assert.deepEqual(sent().slice(1), [[3]])
  assert.deepEqual(lost, ['1 failed no'])
})

test('sent record by record, what is to be tried again keeps its place', async (context) => {
  const { lane, push, pass, sent, requests } = startLane(context, { batchMax: 3 })
  push(1, 2, 3)
  await pass(0)
  requests[0]?.fail(new DriverError('fatal', 'bad'))
  await pass(0)
  assert.equal(lane.inflight, 3)
  requests[1]?.done([{ index: 0, kind: 'retryable', reason: 'busy' }])
  await pass(100)
  requests[2]?.done()
  await pass(0)
  requests[3]?.fail(BUSY)
  await pass(100)
  assert.deepEqual(sent(), [[1, 2, 3], [1], [1], [2], [2]])
})

test('a batch sent record by record is kept whole when the lane is closed', async (context) => {
  const { lane, push, pass, requests } = startLane(context, { batchMax: 3 })
  const told: unknown[] = []
  push(1, 2)
  lane.push({ n: 3 }, (failure) => told.push(failure))
  await pass(0)
  requests[0]?.fail(new DriverError('fatal', 'bad'))
  await pass(0)
  const closing = lane.close(0)
  const left = await closing
  assert.deepEqual(
    left.map(({ record }) => record['n']),
    [1, 2, 3],
  )
  // An answer that comes now changes nothing: who took them over tells what became of them.
  requests[1]?.done()
  await pass(0)
  assert.equal(requests.length, 2)
  assert.deepEqual(told, [])
})

test('a lost connection is told, and nothing is sent until there is another', async (context) => {
  const { lane, sink, push, pass, sent, requests, troubles } = startLane(context, {})
  push(1, 2)
  await pass(0)
  requests[0]?.fail(new DriverError('retryable', 'gone', true))
  await pass(0)
  lane.use(undefined)
  await pass(10_000)
  assert.deepEqual([sent(), troubles], [[[1]], ['gone']])
  lane.use(sink)
  await pass(0)
  assert.deepEqual(sent(), [[1], [1]])
})

test('what waited for the sink comes at the rate it may, the rest does not', async (context) => {
  const options = { replayPerSecond: 2, windowMax: 10, batchMax: 10 }
  const { lane, sink, push, pass, sent, requests } = startLane(context, options, false)
  push(1, 2, 3)
  await pass(5000)
  lane.use(sink)
  await pass(0)
  push(4, 5)
  assert.deepEqual(sent(), [[1, 2]])
  await pass(999)
  assert.equal(requests.length, 1)
  await pass(1)
  await pass(1000)
  await pass(1000)
  assert.deepEqual(sent().flat(), [1, 2, 3, 4, 5])
  push(6)
  push(7, 8, 9)
  await pass(0)
  assert.deepEqual(sent().at(-1), [6, 7, 8, 9])
})

test('a record that is too old is dropped and not sent', async (context) => {
  const { lane, sink, push, pass, sent, lost, count } = startLane(context, { ttlMs: 100 }, false)
  push(1)
  await pass(100)
  push(2)
  lane.use(sink)
  await pass(0)
  assert.deepEqual(sent(), [[2]])
  assert.deepEqual(lost, ['1 dropped it was not delivered within request_ttl'])
  assert.deepEqual([count('dropped'), count('dropped.expired')], [1, 1])
})

test('many records that are too old are dropped in turns of the event loop', async (context) => {
  const count = 50_000
  const world = startLane(context, { ttlMs: 100 }, false)
  world.push(...Array(count).keys())
  await world.pass(100)
  world.lane.use(world.sink)
  let first = 0
  setImmediate(() => {
    first = Number(world.count('dropped.expired'))
  })
  await world.pass(0)
  assert.ok(first > 0 && first < count, `${first} at once`)
  assert.equal(world.count('dropped.expired'), count)
  world.push(count)
  await world.pass(0)
  assert.deepEqual(world.sent(), [[count]])
})

test('the rate of what waited on disk ends with it', async (context) => {
  const folder = join(mkdtempSync(join(tmpdir(), 'tideway-lane-')), 'log')
  context.after(() => rmSync(join(folder, '..'), { recursive: true, force: true }))
  const former = openOnDisk(folder, () => {})
  for (let n = 0; n < 50; n++)
    former.push({ record: { n }, expiresAtMs: Infinity, isFallback: false }, 0, undefined)
  await former.close([])

  const rate = 1000
  const buffer: LaneBuffer = openOnDisk(folder, () => lane.wake())
  const lane = new Lane({ ...SETTINGS, batchMax: 10_000, replayPerSecond: rate }, buffer, {
    counters: makeActionCounters(),
    nowMs: Date.now,
    monotonicMs: () => performance.now(),
    random: () => 1,
    lost: () => assert.fail('lost'),
    delayed: () => assert.fail('delayed'),
    troubled: () => assert.fail('troubled'),
  })
  let told = Promise.withResolvers<number>()
  const write: Sink['write'] = (records) => {
    told.resolve(records.length)
    return Promise.resolve()
  }
  lane.use({ write })
  assert.equal(await told.promise, 50)
  told = Promise.withResolvers()
  for (let n = 0; n < 2 * rate; n++) lane.push({ n }, undefined)
  assert.equal(await told.promise, 2 * rate)
  assert.deepEqual(await lane.close(1000), [])
})

function openOnDisk(folder: string, ready: () => void): LaneBuffer {
  const disk = new DiskLog(folder, { writeFailed: assert.fail, damaged: assert.fail })
  const settings = { mode: 'hybrid', bytesMax: 100_000_000, nowMs: Date.now } as const
  return new LaneBuffer(settings, disk, {
    dropped: () => assert.fail('dropped'),
    readFailed: assert.fail,
    ready,
  })
}

test('why it tries again is told until it has worked', async (context) => {
  const { lane, push, pass, requests, troubles } = startLane(context, {})
  push(1)
  await pass(0)
  assert.equal(lane.trouble, '')
  requests[0]?.done([{ index: 0, kind: 'retryable', reason: 'the table is locked' }])
  await pass(0)
  assert.equal(lane.trouble, 'the table is locked')
  await pass(100)
  requests[1]?.fail(new DriverError('credentials', 'not any more'))
  await pass(200)
  assert.deepEqual([lane.trouble, troubles], ['not any more', ['not any more']])
  requests[2]?.done()
  await pass(0)
  assert.equal(lane.trouble, '')
})

test('what is given up is no longer told as what is tried again', async (context) => {
  const { lane, push, pass, requests, lost } = startLane(context, { ttlMs: 1000 })
  const locked = [{ index: 0, kind: 'retryable', reason: 'the table is locked' }] as const
  push(1)
  await pass(0)
  requests[0]?.done(locked)
  await pass(100)
  requests[1]?.fail(new DriverError('fatal', 'the table is gone'))
  await pass(0)
  assert.deepEqual([lane.trouble, lost.length], ['', 1])
  push(2)
  await pass(0)
  requests[2]?.done(locked)
  await pass(0)
  assert.equal(lane.trouble, 'the table is locked')
  await pass(1001)
  assert.deepEqual([lane.trouble, lost.length], ['', 2])
})

test('a delivery that comes after request_ttl is counted as late', async (context) => {
  const { push, pass, requests, count } = startLane(context, { ttlMs: 100 })
  push(1)
  await pass(0)
  await pass(101)
  requests[0]?.done()
  await pass(0)
  assert.deepEqual([count('late_reply'), count('success')], [1, 0])
})

test('the fate of each record is told once', async (context) => {
  const { lane, pass, requests } = startLane(context, {})
  const told: (string | undefined)[] = []
  for (const n of [1, 2]) lane.push({ n }, (failure) => told.push(failure?.reason))
  await pass(0)
  requests[0]?.done()
  await pass(0)
  requests[1]?.fail(new DriverError('fatal', 'bad'))
  await pass(0)
  assert.deepEqual(told, [undefined, 'bad'])
})
