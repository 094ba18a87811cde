import { sampleProcess } from './broker-process.ts'
import type { LoadThreads } from './load-threads.ts'
import type { SharedMemory, Totals } from './load/shared-state.ts'
import type { BenchPlan } from './plan.ts'
import type { MessageResult, RetainedResult } from './result.ts'

/** A run that cannot take place, in words for the person at the terminal. */
export class BenchError extends Error {
  override readonly name = 'BenchError'
}

/** What a run tells while it goes on. */
export interface BenchHooks {
  /** Called about once a second. */
  readonly progress?: (stage: string, totals: Totals) => void
  /** Ends the run early; what was measured so far is the result. */
  readonly signal?: AbortSignal
}

/** Everything that the stages of a run work with. */
export interface BenchRun {
  readonly plan: BenchPlan
  readonly memory: SharedMemory
  readonly totals: Totals
  readonly threads: LoadThreads
  readonly hooks: BenchHooks
}

/** CPU time and memory of both sides at one moment. */
export interface UseSample {
  readonly ownCpuMs: number
  /** Undefined when the process of the broker is not known or gone. */
  readonly broker: ReturnType<typeof sampleProcess>
}

/** What a stage that measures gives back. */
export interface Measured {
  readonly messages: MessageResult | undefined
  readonly retained: RetainedResult | undefined
  /** Length of the measured time. */
  readonly tookMs: number
  /** Messages over which the broker's CPU time is divided. */
  readonly messageCount: number
  /** Both ends of the measured time. */
  readonly start: UseSample
  readonly end: UseSample
}

const POLL_MS = 20
const PROGRESS_MS = 1000

/** Waits until `isOver`, looking every 20 ms and telling about progress. */
export async function watch(run: BenchRun, stage: string, isOver: () => boolean): Promise<void> {
  let toldMs = performance.now()
  while (!isOver()) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    const nowMs = performance.now()
    if (nowMs - toldMs < PROGRESS_MS) continue
    toldMs = nowMs
    run.hooks.progress?.(stage, run.totals)
  }
}

/** The person at the terminal wants no more. */
export function isAborted(run: BenchRun): boolean {
  return run.hooks.signal?.aborted ?? false
}

/** Takes a sample. */
export function sampleUse({ brokerPid }: BenchPlan): UseSample {
  const { user, system } = process.cpuUsage()
  return {
    ownCpuMs: (user + system) / 1000,
    broker: brokerPid === undefined ? undefined : sampleProcess(brokerPid),
  }
}
