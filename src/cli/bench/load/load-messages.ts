import type { BenchPlan } from '../plan.ts'
import type { SharedMemory } from './shared-state.ts'

/** What a load thread is started with. */
export interface LoadThreadData {
  readonly plan: BenchPlan
  readonly memory: SharedMemory
  readonly thread: number
}

/** What the main thread asks of a load thread. */
export type LoadCommand =
  /** Publish `messagesMax` messages over all threads; `empty`: without payload. */
  | { readonly kind: 'publish'; readonly messagesMax: number; readonly empty: boolean }
  /** Publish nothing more. */
  | { readonly kind: 'halt' }
  /** Take times, or stop taking them. */
  | { readonly kind: 'measure'; readonly on: boolean }
  /** Retained: send the SUBSCRIBE packets now. */
  | { readonly kind: 'subscribe' }
  /** Retained: the subscribers say goodbye. */
  | { readonly kind: 'leave' }
  /** Say goodbye and end. */
  | { readonly kind: 'close' }

/** A problem in words, and how many clients or messages had it. */
export type Problem = readonly [text: string, count: number]

/** What a load thread tells. */
export type LoadReport =
  /** Every client is ready or has failed. */
  | { readonly kind: 'settled'; readonly tookMs: number; readonly problems: readonly Problem[] }
  /** All connections are closed; the thread ends. */
  | { readonly kind: 'closed'; readonly problems: readonly Problem[] }
