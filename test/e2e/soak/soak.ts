import { readFileSync } from 'node:fs'
import type { BrokerProcess } from '../support/broker-process.ts'
import type { Random } from '../../support/random.ts'
import { Churn } from './churn.ts'
import { GaugeWatch } from './gauges.ts'

/** Configuration under which a broker can be soaked: it tells its gauges every second. */
export const SOAK_CONFIG = `
  sys_topics.sys_msg_interval = 1s
  retainer.delivery_rate = infinity
`

/** How long and how hard. */
export interface SoakOptions {
  readonly broker: BrokerProcess
  readonly random: Random
  readonly clients: number
  /** Rounds of churn, after each of which everything must be gone. */
  readonly rounds: number
  readonly roundMs: number
}

/** The broker after a round, when all clients have left. */
export interface SoakSample {
  readonly round: number
  /** Memory of its own, without the files it maps. */
  readonly anonymousBytes: number
  readonly connections: number
  readonly publishes: number
  readonly arrivals: number
  /** Gauges that did not come back to what they were. */
  readonly left: readonly string[]
}

const CONNECTIONS = 'live_connections'
/** Part of the rounds in which code is compiled and caches fill; at least one. */
const WARM_UP_SHARE = 0.1
/** Memory in the last third of the rounds may be so much above that of the first third. */
const GROWTH_SHARE_MAX = 0.1
const GROWTH_BYTES_MIN = 24 * 1024 * 1024

/** Runs rounds of churn; each sample is handed out when it is there. */
export async function soak(
  options: SoakOptions,
  sampled: (sample: SoakSample) => void,
): Promise<readonly SoakSample[]> {
  const { broker, random, clients, rounds, roundMs } = options
  const watch = new GaugeWatch()
  await watch.start(broker.port())
  await watch.next() // The first round may not know the watcher yet.
  const baseline = await watch.next()
  const churn = new Churn({ port: broker.port(), clients, random })
  const samples: SoakSample[] = []
  for (let round = 1; round <= rounds; round++) {
    await churn.run(roundMs)
    // What a client sent just before it broke off may be under way until the broker has closed it.
    const still = await watch.settle(new Map([[CONNECTIONS, baseline.get(CONNECTIONS) ?? 0]]))
    await churn.cleanUp()
    const left = [...still, ...(await watch.settle(baseline))]
    const sample = { round, anonymousBytes: anonymousBytes(broker.pid), ...churn.done, left }
    samples.push(sample)
    sampled(sample)
  }
  watch.stop()
  return samples
}

/**
 * How far memory has grown since the broker was warm, and how far it may: the least of the last
 * third of the samples over the least of the first third, since a collector runs when it wants to.
 */
export function memoryGrowth(samples: readonly SoakSample[]): {
  readonly grownBytes: number
  readonly allowedBytes: number
} {
  const warm = samples.slice(Math.ceil(samples.length * WARM_UP_SHARE))
  const third = Math.max(1, Math.floor(warm.length / 3))
  const least = (part: readonly SoakSample[]): number =>
    Math.min(...part.map((sample) => sample.anonymousBytes))
  const before = least(warm.slice(0, third))
  const after = least(warm.slice(-third))
  const allowedBytes = Math.max(GROWTH_BYTES_MIN, before * GROWTH_SHARE_MAX)
  return { grownBytes: after - before, allowedBytes }
}

function anonymousBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/RssAnon:\s+(\d+) kB/u.exec(status)?.[1] ?? 0) * 1024
}
