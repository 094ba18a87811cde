import type { BenchResult } from '#cli/bench/result.ts'
import type { RunningBroker } from './brokers.ts'
import type { Metrics } from './metrics.ts'
import {
  atLeast,
  atMost,
  atMostTimesPeer,
  NOTHING_LOST,
  type Target,
  timesFigure,
  timesPeer,
} from './targets.ts'

/** What a scenario works with. */
export interface ScenarioTools {
  /** Runs `tideway bench` against a broker and returns its result. */
  bench(broker: RunningBroker, args: readonly string[]): Promise<BenchResult>
  /** Measured time of one run. */
  readonly seconds: number
  /** Sizes of the big scenarios are multiplied by this; 1 is what the targets are for. */
  readonly scale: number
  /** Most connections that one process may have here. */
  readonly connectionsMax: number
}

/** One kind of load. */
export interface Scenario {
  readonly name: string
  readonly summary: string
  /** Brokers beside the usual ones; `only` instead of them. */
  readonly extraBrokers?: readonly string[]
  readonly onlyBrokers?: readonly string[]
  /** Usual brokers that cannot take part, with the reason. */
  readonly without?: Readonly<Record<string, string>>
  /** Every run has a broker that was just started. */
  readonly isFresh?: boolean
  /** Most rounds of one that takes long and shows what it shows in one. */
  readonly roundsMax?: number
  readonly targets: readonly Target[]
  run(broker: RunningBroker, tools: ScenarioTools): Promise<Metrics>
}

const MEGABYTE = 1024 * 1024
const PERSISTENT_SESSIONS = 100
const NO_SHARED = { aedes: 'has no shared subscriptions' }

/** Messages under way all the time, as fast as the broker takes them. */
function stream(
  name: string,
  summary: string,
  args: string,
  targets: readonly Target[],
  more: Partial<Scenario> = {},
): Scenario {
  return {
    name,
    summary,
    targets,
    ...more,
    async run(broker, tools) {
      const duration = ['-d', String(tools.seconds), '--warmup', '1']
      return streamMetrics(await tools.bench(broker, [...args.split(' '), ...duration]))
    },
  }
}

function streamMetrics({ messages, brokerUse, generatorCpuPercent }: BenchResult): Metrics {
  if (messages === undefined) throw new Error('the run has no messages')
  return {
    rate: messages.deliveredPerSecond,
    p50Ms: messages.deliveryTimes.p50,
    p99Ms: messages.deliveryTimes.p99,
    lost: messages.lost,
    duplicated: messages.duplicated,
    generatorPercent: generatorCpuPercent,
    ...(brokerUse !== undefined && { cpuUs: brokerUse.cpuUsPerMessage }),
  }
}

const idle: Scenario = {
  name: 'idle-50k',
  summary: '50,000 connections that do nothing: memory for each, rate of connecting',
  isFresh: true,
  roundsMax: 2,
  targets: [
    atMost('bytesPerConnection', 8 * 1024),
    atLeast('connectsPerSecond', 10_000),
    atLeast('connections', 50_000),
  ],
  async run(broker, { bench, scale, connectionsMax }) {
    const wanted = Math.round(50_000 * scale)
    const clients = Math.min(wanted, connectionsMax)
    const { connections, brokerUse } = await bench(broker, ['conn', '-c', `${clients}`, '-d', '2'])
    const { connected, perSecond } = connections
    const grown = brokerUse && brokerUse.residentBytes - brokerUse.residentBytesBefore
    return {
      // With fewer than wanted the target stays open: it is the system that allows no more.
      ...(clients === wanted ? { connections: connected } : { connectionsAllowed: connected }),
      connectsPerSecond: perSecond,
      ...(grown !== undefined && { bytesPerConnection: grown / connected }),
      ...(brokerUse !== undefined && { cpuUsPerConnect: brokerUse.cpuUsPerMessage }),
    }
  },
}

const persist: Scenario = {
  name: 'persist-q1',
  summary: 'QoS 1 to 100 sessions whose clients are away; then they come and count',
  extraBrokers: ['mosquitto-autosave'],
  isFresh: true,
  targets: [atLeast('rate', 100_000), NOTHING_LOST],
  async run(broker, { bench, seconds }) {
    const sessions = ['-c', String(PERSISTENT_SESSIONS), '-q', '1', '-t', 'persist/%i']
    const away = ['--no-clean', '--prefix', 'persistent-']
    await bench(broker, ['sub', ...sessions, ...away, '-d', '0.01'])
    const sent = await bench(broker, ['pub', ...sessions, '-d', String(seconds), '--warmup', '1'])
    const acked = sent.messages?.ackedInAll ?? 0
    const all = ['-n', String(acked), '-d', '60']
    const received = await bench(broker, ['sub', ...sessions, ...away, ...all])
    const delivered = received.messages?.deliveredInAll ?? 0
    return {
      rate: sent.messages?.ackedPerSecond ?? 0,
      p50Ms: sent.messages?.ackTimes.p50 ?? 0,
      p99Ms: sent.messages?.ackTimes.p99 ?? 0,
      lost: Math.max(0, acked - delivered),
      generatorPercent: sent.generatorCpuPercent,
      ...(sent.brokerUse !== undefined && { cpuUs: sent.brokerUse.cpuUsPerMessage }),
    }
  },
}

const wildcards: Scenario = {
  name: 'wildcard-100k',
  summary: '100,000 filters wild/N/+, messages to random topics; the same with 100 filters',
  isFresh: true,
  roundsMax: 2,
  targets: [atLeast('manyShare', 0.5), NOTHING_LOST],
  async run(broker, { bench, seconds, scale }) {
    const duration = ['-d', String(seconds), '--warmup', '1']
    const load = async (filtersEach: number): Promise<Metrics> => {
      const filters = ['-S', '100', '--filters', `${filtersEach}`, '--filter', 'wild/%i/+']
      const topics = ['-P', '100', '-t', 'wild/{r}/x', '--topics', `${filtersEach * 100}`]
      return streamMetrics(await bench(broker, ['pair', ...topics, ...filters, ...duration]))
    }
    const few = await load(1)
    const many = await load(Math.max(1, Math.round(1000 * scale)))
    const { rate: fewRate = 0, cpuUs: fewCpuUs } = few
    const { rate = 0 } = many
    return {
      ...many,
      fewRate,
      ...(fewCpuUs !== undefined && { fewCpuUs }),
      manyShare: fewRate === 0 ? 0 : rate / fewRate,
    }
  },
}

const retained: Scenario = {
  name: 'retained-1m',
  summary: '1,000,000 retained messages of 100 bytes, a subscriber of +/+/7 (each tenth of them)',
  isFresh: true,
  roundsMax: 1,
  targets: [atMost('firstMs', 100), atMost('anonymousBytes', 400 * MEGABYTE), NOTHING_LOST],
  async run(broker, { bench, scale }) {
    const count = Math.round(1_000_000 * scale)
    const topic = ['-t', 'site{s/10%100}/dev{s/1000}/{s%10}', '--filter', '+/+/7']
    const size = ['-n', String(count), '-s', '100', '-q', '1', '--keep']
    const result = await bench(broker, ['retained', ...topic, ...size])
    const { retained: found, brokerUse } = result
    if (found === undefined || found.delivered === 0) throw new Error('nothing was received')
    return {
      rate: found.deliveredPerSecond,
      firstMs: found.firstTimes.p50,
      storedPerSecond: found.storedPerSecond,
      lost: found.expected - found.delivered,
      ...(brokerUse !== undefined && {
        residentBytes: brokerUse.residentBytes,
        anonymousBytes: brokerUse.anonymousBytes,
      }),
    }
  },
}

const tls: Scenario = {
  ...stream('tls-pair-q0', '', '', []),
  summary: 'as pair-q0, over TLS 1.3',
  targets: [timesPeer('rate', 'mosquitto', 2), NOTHING_LOST],
  async run(broker, { bench, seconds }) {
    const { tlsPort: port } = broker
    if (port === undefined) throw new Error('no TLS port is known')
    const duration = ['-d', String(seconds), '--warmup', '1']
    // The certificate of the comparison is of an authority that exists for it only.
    const args = ['pair', '--tls', '--insecure', '-P', '100', '-S', '100', ...duration]
    return streamMetrics(await bench({ ...broker, port }, args))
  },
}

function rate(factor: number): Target {
  return timesPeer('rate', 'mosquitto', factor)
}

/** Messages per second of FlashMQ 1.26.2, one thread, on a quiet machine; Debian has no package. */
const FLASHMQ = { 'pair-q0': 373_000, 'pair-q1': 379_000, 'pair-q2': 393_000 } as const

function flashmq(scenario: keyof typeof FLASHMQ, factor: number): Target {
  return timesFigure('rate', 'flashmq', FLASHMQ[scenario], factor)
}

function cpu(factor: number): Target {
  return atMostTimesPeer('cpuUs', 'mosquitto', factor)
}

/** All scenarios with the targets of docs/performance.md. */
export const SCENARIOS: readonly Scenario[] = [
  stream('pair-q0', '100 pairs, QoS 0', 'pair -P 100 -S 100', [
    rate(3),
    flashmq('pair-q0', 2),
    timesPeer('rate', 'aedes', 10),
    cpu(1 / 3),
    NOTHING_LOST,
  ]),
  stream('pair-q1', '100 pairs, QoS 1', 'pair -P 100 -S 100 -q 1', [
    rate(5),
    flashmq('pair-q1', 1.5),
    cpu(1 / 4),
    NOTHING_LOST,
  ]),
  stream('pair-q2', '100 pairs, QoS 2', 'pair -P 100 -S 100 -q 2', [
    rate(5),
    flashmq('pair-q2', 1),
    cpu(1 / 4),
    NOTHING_LOST,
  ]),
  stream(
    'sparse-q0',
    '2,000 pairs, one message at a time, QoS 0',
    'pair -P 2000 -S 2000 --window 2000 -b 1',
    [cpu(1), NOTHING_LOST],
  ),
  stream(
    'sparse-q1',
    '2,000 pairs, one message at a time, QoS 1',
    'pair -P 2000 -S 2000 -q 1 --window 2000 -b 1',
    [cpu(1), NOTHING_LOST],
  ),
  stream('fanin-q1', '1,000 publishers, one subscriber, QoS 1', 'fanin -P 1000 -S 1 -q 1 -b 4', [
    rate(4),
    NOTHING_LOST,
  ]),
  stream(
    'fanout-q0',
    'one publisher, 1,000 subscribers, QoS 0',
    'fanout -P 1 -S 1000 --window 20000',
    [rate(3), cpu(1 / 3), NOTHING_LOST],
  ),
  stream(
    'fanout-q1',
    'one publisher, 1,000 subscribers, QoS 1',
    'fanout -P 1 -S 1000 -q 1 --window 20000',
    [rate(4), cpu(1 / 3), NOTHING_LOST],
  ),
  stream(
    'shared-q1',
    '100 publishers, a shared subscription of 20, QoS 1',
    'shared -P 100 -S 20 -q 1',
    [rate(4), NOTHING_LOST],
    { without: NO_SHARED },
  ),
  stream('big-q0', '10 pairs, 16 KiB, QoS 0', 'pair -P 10 -S 10 -s 16384 --window 400', [
    rate(1.5),
    NOTHING_LOST,
  ]),
  stream(
    'paced-q0',
    '500 pairs, 10,000 messages each second, QoS 0',
    'pair -P 500 -S 500 --window 20000 -b 1 -r 10000',
    [atMostTimesPeer('p99Ms', 'mosquitto', 1), cpu(1.2), NOTHING_LOST],
  ),
  tls,
  persist,
  wildcards,
  retained,
  idle,
  stream(
    'two-shards',
    'as pair-q0, with two shards on the same cores',
    'pair -P 100 -S 100',
    [atMostTimesPeer('cpuUs', 'tideway', 1.3, 'tideway-2'), NOTHING_LOST],
    { onlyBrokers: ['tideway', 'tideway-2'] },
  ),
]
