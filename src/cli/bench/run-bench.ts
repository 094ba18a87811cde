import { lookup } from 'node:dns/promises'
import { formatAddress } from '#net/ip-address.ts'
import {
  BenchError,
  type BenchHooks,
  type BenchRun,
  isAborted,
  type Measured,
  sampleUse,
  type UseSample,
  watch,
} from './bench-run.ts'
import { LoadThreads } from './load-threads.ts'
import { Counter, makeSharedMemory, Timing, Totals } from './load/shared-state.ts'
import { measureRetained } from './measure-retained.ts'
import { measureStream } from './measure-stream.ts'
import { BenchMode, type BenchPlan } from './plan.ts'
import { withRemedy } from './problems.ts'
import {
  type BenchResult,
  type BrokerUse,
  type ConnectResult,
  perSecond,
  shownOptions,
  timesOf,
} from './result.ts'

/**
 * Runs a plan against its broker.
 * @throws BenchError when the host has no address or the clients cannot connect
 */
export async function runBench(given: BenchPlan, hooks: BenchHooks = {}): Promise<BenchResult> {
  const plan = await withAddress(given)
  const startedAt = new Date().toISOString()
  const before = sampleUse(plan)
  const memory = makeSharedMemory(plan)
  const threads = new LoadThreads(plan, memory)
  const run: BenchRun = { plan, memory, totals: new Totals(memory), threads, hooks }
  let measured: Measured
  let connectMs: number
  try {
    connectMs = await connectAll(run)
    measured = await measure(run, connectMs, before)
  } finally {
    await threads.close()
  }
  const { start, end, tookMs } = measured
  return {
    tool: 'tideway bench',
    mode: plan.mode,
    startedAt,
    broker: formatAddress(plan.target.host, plan.target.port),
    options: shownOptions(plan),
    interrupted: isAborted(run),
    connections: connectResult(run, connectMs),
    messages: measured.messages,
    retained: measured.retained,
    brokerUse: brokerUse(plan, measured, before),
    generatorCpuPercent: tookMs <= 0 ? 0 : ((end.ownCpuMs - start.ownCpuMs) / tookMs) * 100,
    problems: threads.problems,
  }
}

async function withAddress(plan: BenchPlan): Promise<BenchPlan> {
  const { host } = plan.target
  try {
    const { address } = await lookup(host)
    return { ...plan, target: { ...plan.target, address } }
  } catch (error) {
    const code = (error as { code?: string }).code ?? String(error)
    throw new BenchError(`${host} has no address (${code}): is the name right?`)
  }
}

/** Brings all clients up; returns how many ms that took. */
async function connectAll(run: BenchRun): Promise<number> {
  const startedMs = performance.now()
  const settled = run.threads.settled()
  let isSettled = false
  const note = (): void => void (isSettled = true)
  settled.then(note, note)
  await watch(run, 'connecting', () => isSettled || isAborted(run))
  if (!isSettled) return performance.now() - startedMs
  const tookMs = await settled
  refuseFailures(run)
  return tookMs
}

/**
 * A run with clients missing would measure something else than was asked for. The first failure
 * ends the attempts, so the numbers of failures say nothing.
 */
function refuseFailures({ plan, totals, threads }: BenchRun): void {
  const failed = totals.get(Counter.FAILED)
  const wanted = plan.publishers + plan.subscribers
  const isAllowed = plan.mode === BenchMode.CONN && failed < wanted
  if (failed === 0 || isAllowed) return
  const where = formatAddress(plan.target.host, plan.target.port)
  const reasons = threads.problems.map(([text]) => withRemedy(text)).join('\n  ')
  throw new BenchError(`clients could not connect to ${where}:\n  ${reasons}`)
}

async function measure(run: BenchRun, connectMs: number, before: UseSample): Promise<Measured> {
  const { plan, totals } = run
  if (plan.mode === BenchMode.RETAINED) return measureRetained(run)
  if (plan.mode !== BenchMode.CONN) return measureStream(run)
  const end = sampleUse(plan)
  const endsAtMs = performance.now() + plan.durationMs
  await watch(run, 'connected', () => performance.now() >= endsAtMs || isAborted(run))
  // CPU time of the connecting alone, memory at rest.
  const { broker: atRest } = sampleUse(plan)
  const broker = end.broker && atRest && { ...atRest, cpuMs: end.broker.cpuMs }
  return {
    messages: undefined,
    retained: undefined,
    tookMs: connectMs,
    messageCount: totals.get(Counter.CONNECTED),
    start: before,
    end: { ...end, broker },
  }
}

function connectResult({ plan, memory, totals }: BenchRun, tookMs: number): ConnectResult {
  const connected = totals.get(Counter.CONNECTED)
  return {
    wanted: plan.publishers + plan.subscribers,
    connected,
    failed: totals.get(Counter.FAILED),
    disconnected: totals.get(Counter.DISCONNECTED),
    tookMs,
    perSecond: perSecond(connected, tookMs),
    times: timesOf(memory, plan.threads, Timing.CONNECT),
  }
}

function brokerUse(
  { brokerPid: pid }: BenchPlan,
  { start, end, tookMs, messageCount }: Measured,
  before: UseSample,
): BrokerUse | undefined {
  if (pid === undefined || start.broker === undefined || end.broker === undefined) return undefined
  const cpuMs = end.broker.cpuMs - start.broker.cpuMs
  return {
    pid,
    cpuMs,
    cpuUsPerMessage: messageCount === 0 ? 0 : (cpuMs * 1000) / messageCount,
    cpuPercent: tookMs <= 0 ? 0 : (cpuMs / tookMs) * 100,
    residentBytesBefore: before.broker?.residentBytes ?? 0,
    residentBytes: end.broker.residentBytes,
    anonymousBytes: end.broker.anonymousBytes,
  }
}
