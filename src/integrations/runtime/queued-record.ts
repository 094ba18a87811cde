import { isList, isMap } from '#plugin/value.ts'
import type { Value, ValueMap } from '#plugin/value.ts'

/** Why a record did not arrive. */
export interface DeliveryFailure {
  /** `dropped`: it was not tried, or not any more. */
  readonly kind: 'failed' | 'dropped'
  readonly reason: string
}

/** Told once what became of a record. */
export type Done = (failure?: DeliveryFailure) => void

/** Where a record stands on disk. */
export interface DiskPlace {
  readonly segment: number
  /** Offset of its first byte, and of the first byte after it. */
  readonly start: number
  readonly end: number
}

/** A record on its way to a sink. */
export interface QueuedRecord {
  readonly record: ValueMap
  /** What it takes in memory, about; on disk exactly. */
  readonly bytes: number
  /** Wall clock; Infinity = never. */
  readonly expiresAtMs: number
  /** Another action could not deliver it: when this one cannot either, it is given up. */
  readonly isFallback: boolean
  /** When it was queued, monotonic. */
  readonly queuedAtMs: number
  /** Undefined: it is on disk, which its rule took for success. */
  readonly done: Done | undefined
  readonly place: DiskPlace | undefined
}

/** What is written of a record to disk. */
export type StoredRecord = Pick<QueuedRecord, 'record' | 'expiresAtMs' | 'isFallback'>

const OVERHEAD_BYTES = 64
const DEPTH_MAX = 64

/** Bytes that a value takes in memory, about. */
export function valueBytes(value: Value, depth = 0): number {
  if (typeof value === 'string') return 16 + value.length * 2
  if (Buffer.isBuffer(value)) return OVERHEAD_BYTES + value.length
  if (typeof value !== 'object' || value === null || depth > DEPTH_MAX) return 8
  let bytes = OVERHEAD_BYTES
  if (isList(value)) {
    for (const item of value) bytes += 8 + valueBytes(item, depth + 1)
  } else if (isMap(value)) {
    for (const key of Object.keys(value)) bytes += 8 + valueBytes(value[key], depth + 1)
  }
  return bytes
}
