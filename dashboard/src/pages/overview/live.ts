import type { LiveSample, streamMonitorCurrent } from '#management/contract/observe.ts'
import { useSyncExternalStore } from 'react'
import { follow } from '../../api/follow.ts'
import type { ApiError } from '../../api/http.ts'

/** What happened in the second before a sample. */
interface Rates {
  readonly received: number
  readonly sent: number
  readonly dropped: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** Messages in and out of each shard. */
  readonly shards: readonly { readonly received: number; readonly sent: number }[]
}

export interface Moment {
  readonly sample: LiveSample
  /** False of the first one: nothing is known of the second before it. */
  readonly hasRates: boolean
  readonly rates: Rates
}

interface Live {
  /** The last five minutes, the latest last. */
  readonly moments: readonly Moment[]
  readonly error: ApiError | undefined
}

/** Seconds that are remembered. */
export const REMEMBERED_S = 300

const listeners = new Set<() => void>()
let live: Live = { moments: [], error: undefined }
let ending: AbortController | undefined

/** One stream for everything on the page; what came before stays for who comes back. */
export function useLive(): Live {
  return useSyncExternalStore(subscribe, () => live)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  if (ending === undefined) {
    ending = new AbortController()
    void follow<typeof streamMonitorCurrent>('/monitor_current/stream', {
      signal: ending.signal,
      event: add,
      failed: (error) => change({ ...live, error }),
    })
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    ending?.abort()
    ending = undefined
  }
}

function change(next: Live): void {
  live = next
  for (const listener of listeners) listener()
}

function add(sample: LiveSample): void {
  const before = live.moments.at(-1)?.sample
  // A node that was started again counts from 0.
  const isGoingOn = before !== undefined && before.node_uptime <= sample.node_uptime
  const from = sample.time_stamp - REMEMBERED_S * 1000
  const kept = isGoingOn
    ? live.moments.filter(({ sample: { time_stamp: at }, hasRates }) => hasRates && at >= from)
    : []
  const rates = ratesOf(sample, isGoingOn ? before : undefined)
  const moment = { sample, rates, hasRates: isGoingOn }
  change({ moments: [...kept, moment], error: undefined })
}

function ratesOf(sample: LiveSample, before: LiveSample | undefined): Rates {
  const { received_msg_rate: received, sent_msg_rate: sent } = sample.current
  const seconds = before === undefined ? 1 : (sample.time_stamp - before.time_stamp) / 1000
  const perSecond = (now: number, then: number | undefined): number =>
    then === undefined || seconds <= 0 ? 0 : Math.max(0, (now - then) / seconds)
  const rate = (name: string): number =>
    perSecond(sample.counters[name] ?? 0, before && (before.counters[name] ?? 0))
  return {
    received,
    sent,
    dropped: rate('messages.dropped') + rate('delivery.dropped'),
    bytesIn: rate('bytes.received'),
    bytesOut: rate('bytes.sent'),
    shards: sample.shards.map((shard, index) => ({
      received: perSecond(shard.received, before?.shards[index]?.received),
      sent: perSecond(shard.sent, before?.shards[index]?.sent),
    })),
  }
}

/** Delay of the event loop of the latest shard, in ms. */
export function worstLag({ sample }: Moment): number {
  return Math.max(0, ...sample.shards.map(({ lag_ms: lag = 0 }) => lag))
}
