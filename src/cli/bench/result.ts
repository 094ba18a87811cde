import { describeHistogram, type Distribution, mergeHistograms } from './histogram.ts'
import type { Problem } from './load/load-messages.ts'
import { UNITS_PER_MS } from './load/mark.ts'
import { histogramOf, type SharedMemory, type Timing } from './load/shared-state.ts'
import type { BenchMode, BenchPlan } from './plan.ts'

/** A distribution of times in milliseconds. */
export type Times = Distribution

/** Connections of a run. */
export interface ConnectResult {
  readonly wanted: number
  readonly connected: number
  readonly failed: number
  /** Ended before the run did. */
  readonly disconnected: number
  readonly tookMs: number
  readonly perSecond: number
  /** From the dial to the CONNACK. */
  readonly times: Times
}

/** Messages of the measured time; losses are those of the whole run. */
export interface MessageResult {
  readonly measuredSeconds: number
  readonly sent: number
  readonly sentPerSecond: number
  /** QoS 1 and 2: sent and acknowledged completely. */
  readonly acked: number
  readonly ackedPerSecond: number
  readonly refused: number
  /** Whole run: sent and never answered, QoS 1 and 2. */
  readonly unacknowledged: number
  readonly delivered: number
  readonly deliveredPerSecond: number
  /** Whole run, warm-up included. */
  readonly sentInAll: number
  readonly ackedInAll: number
  /** Whole run: deliveries that should have come. */
  readonly expectedInAll: number
  readonly deliveredInAll: number
  readonly lost: number
  readonly duplicated: number
  /** Came after a later message of the same publisher. */
  readonly late: number
  /** Messages of other runs or publishers. */
  readonly foreign: number
  /** How often nothing came for a while although the window was full. */
  readonly stalls: number
  /** From the write of a message to its delivery; empty when payloads are too short for it. */
  readonly deliveryTimes: Times
  /** From the write of a message to its last acknowledgement. */
  readonly ackTimes: Times
}

/** Retained messages. */
export interface RetainedResult {
  readonly stored: number
  readonly storeSeconds: number
  readonly storedPerSecond: number
  /** From SUBSCRIBE to the first message, one value for each subscriber. */
  readonly firstTimes: Times
  readonly expected: number
  readonly delivered: number
  /** From the first SUBSCRIBE to the last message. */
  readonly allMs: number
  readonly deliveredPerSecond: number
}

/** What the broker's process used in the measured time. */
export interface BrokerUse {
  readonly pid: number
  readonly cpuMs: number
  /** For each delivered message, or sent message when nothing is delivered here. */
  readonly cpuUsPerMessage: number
  /** All of its time, over the measured time: 100 is one core. */
  readonly cpuPercent: number
  readonly residentBytesBefore: number
  readonly residentBytes: number
  /** The part of it that is not a view of files. */
  readonly anonymousBytes: number
}

/** Result of a run, as it is written as JSON. */
export interface BenchResult {
  readonly tool: 'tideway bench'
  readonly mode: BenchMode
  readonly startedAt: string
  readonly broker: string
  readonly options: BenchOptionsShown
  readonly interrupted: boolean
  readonly connections: ConnectResult
  readonly messages: MessageResult | undefined
  readonly retained: RetainedResult | undefined
  readonly brokerUse: BrokerUse | undefined
  /** CPU time of the load generator over the measured time: 100 is one core. */
  readonly generatorCpuPercent: number
  readonly problems: readonly Problem[]
}

/** The options of a run that matter for comparing results. */
export type BenchOptionsShown = Pick<
  BenchPlan,
  | 'publishers'
  | 'subscribers'
  | 'qos'
  | 'payloadBytes'
  | 'topic'
  | 'filter'
  | 'filtersEach'
  | 'topics'
  | 'burst'
  | 'window'
  | 'inflight'
  | 'copies'
  | 'threads'
> & {
  readonly version: number
  readonly transport: 'tcp' | 'tls' | 'ws' | 'wss'
  /** 0: no limit. */
  readonly ratePerSecond: number
}

/** The part of a plan that goes into its result. */
export function shownOptions(plan: BenchPlan): BenchOptionsShown {
  const { target, ratePerSecond } = plan
  const isWs = target.webSocketPath !== undefined
  const isTls = target.tls !== undefined
  return {
    publishers: plan.publishers,
    subscribers: plan.subscribers,
    qos: plan.qos,
    payloadBytes: plan.payloadBytes,
    topic: plan.topic,
    filter: plan.filter,
    filtersEach: plan.filtersEach,
    topics: plan.topics,
    burst: plan.burst,
    window: plan.window,
    inflight: plan.inflight,
    copies: plan.copies,
    threads: plan.threads,
    version: plan.identity.version,
    transport: isWs ? (isTls ? 'wss' : 'ws') : isTls ? 'tls' : 'tcp',
    ratePerSecond: Number.isFinite(ratePerSecond) ? ratePerSecond : 0,
  }
}

/** Times of all threads in milliseconds. */
export function timesOf(memory: SharedMemory, threads: number, timing: Timing): Times {
  const parts = Array.from({ length: threads }, (_, thread) => histogramOf(memory, thread, timing))
  const { count, mean, p50, p90, p99, p999, max } = describeHistogram(mergeHistograms(parts))
  const ms = (units: number): number => units / UNITS_PER_MS
  return {
    count,
    mean: ms(mean),
    p50: ms(p50),
    p90: ms(p90),
    p99: ms(p99),
    p999: ms(p999),
    max: ms(max),
  }
}

/** `amount` for each second; 0 in no time at all. */
export function perSecond(amount: number, ms: number): number {
  return ms <= 0 ? 0 : (amount * 1000) / ms
}
