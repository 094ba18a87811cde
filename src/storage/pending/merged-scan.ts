import type { Table } from '#broker/ports.ts'
import type { Batch } from './batch.ts'
import { lowerBound } from './sorted-runs.ts'

/** Walks the durable entries of one range in ascending order. */
export interface EntryCursor {
  /** The entry the last `next` moved to; the value is valid until the next call of `next`. */
  readonly key: string
  readonly value: Uint8Array
  /** Moves on; false at the end. */
  next(): boolean
  /** Gives back what the cursor holds. To be called in any case, also after the end. */
  close(): void
}

/** A visitor of entries; false ends the scan. */
export type Visit = (key: string, value: Uint8Array) => boolean

/** A place in one ascending run of pending keys, and where the range ends in it. */
interface RunPosition {
  readonly keys: readonly string[]
  at: number
  readonly end: number
}

/**
 * Visits the range [from, to) as it looks with all pending batches applied to the durable entries.
 *
 * Costs a binary search for each run of pending keys (about log2 of their number, for each batch)
 * and then a step for each key in the range; pending keys outside the range cost nothing.
 * @param batches oldest first
 */
export function mergedScan(
  batches: readonly Batch[],
  table: Table,
  from: string,
  to: string,
  durable: EntryCursor,
  visit: Visit,
): void {
  const positions = positionsIn(batches, table, from, to)
  let moreDurable = durable.next()
  for (;;) {
    const pendingKey = positions.length === 0 ? undefined : smallest(positions)
    if (pendingKey === undefined) {
      if (moreDurable && visit(durable.key, durable.value)) visitAll(durable, visit)
      return
    }
    if (moreDurable && durable.key < pendingKey) {
      if (!visit(durable.key, durable.value)) return
      moreDurable = durable.next()
      continue
    }
    const value = lookupPending(batches, table, pendingKey)
    advance(positions, pendingKey)
    // Undefined: a fresh put that was removed again; the batches say nothing of the key any more.
    if (value === undefined) continue
    if (moreDurable && durable.key === pendingKey) moreDurable = durable.next()
    if (value !== null && !visit(pendingKey, value)) return
  }
}

/** Visits all entries of a cursor. */
export function visitAll(durable: EntryCursor, visit: Visit): void {
  while (durable.next() && visit(durable.key, durable.value));
}

/** What the newest batch that knows the key says: a value, null for removed, or undefined. */
export function lookupPending(
  batches: readonly Batch[],
  table: Table,
  key: string,
): Uint8Array | null | undefined {
  for (let index = batches.length - 1; index >= 0; index--) {
    const found = batches[index]!.tables[table]?.lookup(key)
    if (found !== undefined) return found
  }
  return undefined
}

function positionsIn(
  batches: readonly Batch[],
  table: Table,
  from: string,
  to: string,
): RunPosition[] {
  const positions: RunPosition[] = []
  for (const batch of batches) {
    const pending = batch.tables[table]
    if (pending === undefined || pending.count === 0) continue
    for (const keys of pending.runs()) {
      const at = lowerBound(keys, from)
      const end = lowerBound(keys, to)
      if (at < end) positions.push({ keys, at, end })
    }
  }
  return positions
}

function smallest(positions: readonly RunPosition[]): string {
  let least = currentKey(positions[0]!) // The caller made sure there is one.
  for (let index = 1; index < positions.length; index++) {
    const key = currentKey(positions[index]!)
    if (key < least) least = key
  }
  return least
}

/** Moves every position behind `key` and drops those that are through. */
function advance(positions: RunPosition[], key: string): void {
  for (let index = positions.length - 1; index >= 0; index--) {
    const position = positions[index]!
    while (position.at < position.end && currentKey(position) === key) position.at++
    if (position.at === position.end) positions.splice(index, 1)
  }
}

function currentKey(position: RunPosition): string {
  return position.keys[position.at]! // In range: positions at their end are dropped.
}
