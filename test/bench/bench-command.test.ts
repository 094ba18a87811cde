import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { makeBenchCommand } from '#cli/bench/bench-command.ts'
import { formatResult } from '#cli/bench/result-table.ts'
import type { BenchResult } from '#cli/bench/result.ts'
import { FakeBroker } from './fake-broker.ts'

const MAIN = fileURLToPath(import.meta.resolve('#cli/main.ts'))

let folder: string
let broker: FakeBroker

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tideway-bench-'))
  broker = await FakeBroker.start()
})

after(async () => {
  await broker.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs the command in this process; its table goes to the output of the test. */
async function benchJson(mode: string, ...args: string[]): Promise<BenchResult> {
  const file = join(folder, `${mode}.json`)
  const port = String(broker.port)
  const quick = ['-p', port, '--warmup', '0', '--drain', '5', '--threads', '1', '--json', file]
  await makeBenchCommand().parseAsync([mode, ...quick, ...args], { from: 'user' })
  return JSON.parse(readFileSync(file, 'utf8')) as BenchResult
}

function shapeOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return typeof value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]))
}

const TIMES = {
  count: 'number',
  mean: 'number',
  p50: 'number',
  p90: 'number',
  p99: 'number',
  p999: 'number',
  max: 'number',
}

it('writes a result whose shape other programs can rely on', async () => {
  const pid = String(process.pid)
  const args = ['-P', '2', '-S', '2', '-q', '1', '-n', '200', '--pid', pid]
  const result = await benchJson('pair', ...args)
  assert.deepEqual(shapeOf(result), {
    tool: 'string',
    mode: 'string',
    startedAt: 'string',
    broker: 'string',
    options: {
      publishers: 'number',
      subscribers: 'number',
      qos: 'number',
      payloadBytes: 'number',
      topic: 'string',
      filter: 'string',
      filtersEach: 'number',
      topics: 'number',
      burst: 'number',
      window: 'number',
      inflight: 'number',
      copies: 'number',
      threads: 'number',
      version: 'number',
      transport: 'string',
      ratePerSecond: 'number',
    },
    interrupted: 'boolean',
    connections: {
      wanted: 'number',
      connected: 'number',
      failed: 'number',
      disconnected: 'number',
      tookMs: 'number',
      perSecond: 'number',
      times: TIMES,
    },
    messages: {
      measuredSeconds: 'number',
      sent: 'number',
      sentPerSecond: 'number',
      acked: 'number',
      ackedPerSecond: 'number',
      refused: 'number',
      unacknowledged: 'number',
      delivered: 'number',
      deliveredPerSecond: 'number',
      sentInAll: 'number',
      ackedInAll: 'number',
      expectedInAll: 'number',
      deliveredInAll: 'number',
      lost: 'number',
      duplicated: 'number',
      late: 'number',
      foreign: 'number',
      stalls: 'number',
      deliveryTimes: TIMES,
      ackTimes: TIMES,
    },
    brokerUse: {
      pid: 'number',
      cpuMs: 'number',
      cpuUsPerMessage: 'number',
      cpuPercent: 'number',
      residentBytesBefore: 'number',
      residentBytes: 'number',
      anonymousBytes: 'number',
    },
    generatorCpuPercent: 'number',
    problems: 'object',
  })
  assert.equal(result.messages?.delivered, 200)
  assert.equal(result.messages.deliveryTimes.count, result.messages.ackTimes.count)
  assert.equal(result.brokerUse?.pid, process.pid)
})

it('writes the numbers of retained messages', async () => {
  const { retained, messages } = await benchJson('retained', '-n', '100')
  assert.equal(messages, undefined)
  assert.deepEqual(shapeOf(retained), {
    stored: 'number',
    storeSeconds: 'number',
    storedPerSecond: 'number',
    firstTimes: TIMES,
    expected: 'number',
    delivered: 'number',
    allMs: 'number',
    deliveredPerSecond: 'number',
  })
})

it('shows a table with rate, latency, losses and repetitions', async () => {
  const table = formatResult(await benchJson('pair', '-P', '2', '-S', '2', '-n', '200'))
  assert.match(table, /^broker +127\.0\.0\.1:\d+, pair: 2 publishers, 2 subscribers, QoS 0, 64 B/)
  assert.match(table, /^connected +4 of 4$/m)
  assert.match(table, /^delivered +[\d,]+\/s$/m)
  assert.match(table, /^latency +p50 .+, p99 .+, p99\.9 .+, max .+$/m)
  assert.match(table, /^lost +0 of 200, 0 duplicated$/m)
})

/** Runs the program as a person does; the broker of this process must not be needed. */
function tideway(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

it('says what is wrong with the options, and ends with 2', () => {
  const { status, stderr } = tideway('bench', 'pair', '-P', '3', '-S', '4')
  assert.equal(status, 2)
  assert.equal(
    stderr,
    'tideway bench: pair: the subscribers have to be a multiple of the publishers\n',
  )
})

it('says that no broker is there, and ends with 1', async () => {
  const gone = await FakeBroker.start()
  const { port } = gone
  await gone.stop()
  const { status, stderr } = tideway('bench', 'pub', '-p', String(port))
  assert.equal(status, 1)
  assert.match(stderr, /^tideway bench: clients could not connect to 127\.0\.0\.1:\d+:\n/)
  assert.match(stderr, /ECONNREFUSED \(nobody listens there: is the broker running/)
})

it('describes every mode', () => {
  const { status, stdout } = tideway('bench', '--help')
  assert.equal(status, 0)
  for (const mode of ['conn', 'pub', 'sub', 'pair', 'fanin', 'fanout', 'shared', 'retained']) {
    assert.match(stdout, new RegExp(`^  ${mode} `, 'm'))
    assert.match(tideway('bench', mode, '--help').stdout, /--json <file>/)
  }
})
