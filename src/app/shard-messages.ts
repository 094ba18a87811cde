/** Messages between the main thread and a shard thread. */
import type { BusEnds } from '#fabric/shard/bus.ts'
import type { LogRecord } from '#kernel/system/log-record.ts'
import type { ShardControl } from './shard-runtime.ts'
import type { ShardStart } from './shard-start.ts'

/** `workerData` of a shard thread. */
export interface ShardThreadData {
  readonly start: ShardStart
  readonly bus: BusEnds
}

/** Main thread to shard: calls a method of `ShardControl`. Answered by `answer`. */
export interface ShardCall {
  readonly id: number
  readonly method: keyof ShardControl
  readonly args: readonly unknown[]
}

/** Shard to main thread. */
export type ShardReport =
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: PlainError }
  | { readonly kind: 'log'; readonly record: LogRecord }
  /** An exception nobody caught; the thread ends after this. */
  | { readonly kind: 'fatal'; readonly text: string }

/** An error as it can be sent: classes do not survive the way. */
export interface PlainError {
  readonly name: string
  readonly message: string
  readonly code: string | undefined
}

/** The part of an error that the other thread needs. */
export function toPlainError(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), code: undefined }
  const { code } = error as { code?: unknown }
  return {
    name: error.name,
    message: error.message,
    code: typeof code === 'string' ? code : undefined,
  }
}
