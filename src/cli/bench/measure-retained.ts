import { matchesFilter } from '#broker/topics/filter-match.ts'
import {
  BenchError,
  type BenchRun,
  isAborted,
  type Measured,
  sampleUse,
  watch,
} from './bench-run.ts'
import { Counter, Timing } from './load/shared-state.ts'
import { drain, unacknowledged } from './measure-stream.ts'
import type { BenchPlan } from './plan.ts'
import { perSecond, timesOf } from './result.ts'
import { parseTopicTemplate } from './topic-template.ts'

/** QoS 0 has no acknowledgement: time for the broker to take what was sent. */
const SETTLE_MS = 500
/** Retained messages that do not come for so long are missing. */
const SILENCE_MS = 3000

/** Stores retained messages, subscribes, waits for them, and removes them again. */
export async function measureRetained(run: BenchRun): Promise<Measured> {
  const { plan, threads, totals, memory } = run
  const expected = expectedMessages(plan) * plan.subscribers
  const storeMs = await publishAll(run, false)
  const stored = plan.qos === 0 ? totals.get(Counter.SENT) : totals.get(Counter.ACKED)
  if (stored === 0) throw new BenchError('the broker took none of the retained messages')
  const start = sampleUse(plan)
  const subscribedMs = performance.timeOrigin + performance.now()
  threads.send({ kind: 'subscribe' })
  await watch(run, 'receiving retained messages', () => {
    if (isAborted(run) || totals.get(Counter.DELIVERED) >= expected) return true
    const latestMs = Math.max(subscribedMs, totals.lastDeliveryMs)
    return performance.timeOrigin + performance.now() - latestMs > SILENCE_MS
  })
  const end = sampleUse(plan)
  const delivered = totals.get(Counter.DELIVERED)
  const allMs = Math.max(0, totals.lastDeliveryMs - subscribedMs)
  if (!plan.keepRetained) {
    threads.send({ kind: 'leave' }) // Or they would get every removal.
    await publishAll(run, true)
  }
  return {
    messages: undefined,
    retained: {
      stored,
      storeSeconds: storeMs / 1000,
      storedPerSecond: perSecond(stored, storeMs),
      firstTimes: timesOf(memory, plan.threads, Timing.FIRST),
      expected,
      delivered,
      allMs,
      deliveredPerSecond: perSecond(delivered, allMs),
    },
    tookMs: allMs,
    messageCount: delivered,
    start,
    end,
  }
}

/** Publishes every topic once; returns how long it took until all were acknowledged. */
async function publishAll(run: BenchRun, empty: boolean): Promise<number> {
  const { plan, threads, totals } = run
  const wanted = totals.get(Counter.SENT) + plan.messagesMax
  const startedMs = performance.now()
  threads.send({ kind: 'publish', messagesMax: plan.messagesMax, empty })
  const stage = empty ? 'removing the messages' : 'storing the messages'
  await watch(run, stage, () => {
    const isGone = totals.get(Counter.DISCONNECTED) > 0
    const isSent = totals.get(Counter.SENT) >= wanted && unacknowledged(run) <= 0
    return isSent || isGone || isAborted(run)
  })
  const tookMs = performance.now() - startedMs
  threads.send({ kind: 'halt' })
  if (plan.qos === 0) await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  else await drain(run)
  return tookMs
}

/** How many of the topics the filter covers. */
function expectedMessages({ topic, filter, topics }: BenchPlan): number {
  const template = parseTopicTemplate(topic)
  let count = 0
  for (let s = 0; s < topics; s++) {
    if (matchesFilter(filter, template.render({ i: 0, s, r: s, c: '', u: '' }))) count++
  }
  return count
}
