import { assert } from '#kernel/assert.ts'
import { prefixEnd, readU8, u8Key } from '#kernel/binary-key.ts'
import { Table } from '../ports.ts'
import type { KvStore } from '../ports.ts'
import type { Router } from '../router/router.ts'
import {
  decodeDelayed,
  dueTimeOf,
  keyOfDelayedId,
  PARTITIONS,
  partitionKey,
} from './delayed-record.ts'
import type { DelayedMessage } from './delayed-record.ts'

/** Messages a list may skip and show together; they are counted off one by one. */
const LIST_MESSAGES_MAX = 1_000_000
const CHUNK_KEYS = 256

/** Which part of the list of delayed messages to show. */
export interface DelayedRange {
  /** Id of the message right before it, which may be gone; none: from the first one. */
  readonly after?: string | undefined
  /** Messages to pass over; about a microsecond each. */
  readonly skip: number
  readonly limit: number
}

/**
 * A page of the delayed messages of all shards, earliest first, from what is committed. Any thread
 * may ask. Messages that cannot be read have a place but are left out.
 */
export function listDelayed(
  store: KvStore,
  router: Router,
  { after, skip, limit }: DelayedRange,
): DelayedMessage[] {
  assert(skip + limit <= LIST_MESSAGES_MAX, 'a list of delayed messages has a limit')
  const last = after === undefined ? undefined : keyOfDelayedId(after)
  if (after !== undefined && last === undefined) return []
  const lanes: Lane[] = []
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const lane = { partition, keys: [], at: 0, from: startOf(partition, last) }
    if (refill(store, lane)) lanes.push(lane)
  }
  const page: string[] = []
  for (let place = 0; place < skip + limit && lanes.length > 0; place++) {
    const lane = earliest(lanes)
    const key = lane.keys[lane.at++]! // A lane in the list has a key.
    if (place >= skip) page.push(key)
    if (lane.at === lane.keys.length && !refill(store, lane)) lanes.splice(lanes.indexOf(lane), 1)
  }
  return page.flatMap((key) => readKey(store, router, key) ?? [])
}

/**
 * Visits the delayed messages of all shards by their keys, which stay where they are while others
 * come and go, until `visit` returns false. Messages that cannot be read are left out.
 * @param from id to begin with; undefined: the first one
 */
export function scanDelayed(
  store: KvStore,
  router: Router,
  from: string | undefined,
  visit: (message: DelayedMessage) => boolean,
): void {
  const start = from === undefined ? u8Key(0) : keyOfDelayedId(from)
  if (start === undefined) return
  store.scan(Table.DELAYED, start, u8Key(PARTITIONS), (key, value) => {
    const message = decodeDelayed(key, value, router)
    return message === undefined || visit(message)
  })
}

/** One delayed message by its id; undefined when there is none, or it cannot be read. */
export function getDelayed(store: KvStore, router: Router, id: string): DelayedMessage | undefined {
  const key = keyOfDelayedId(id)
  return key === undefined ? undefined : readKey(store, router, key)
}

/** Where a partition goes on in the list after the message of a key, which may be gone. */
function startOf(partition: number, last: string | undefined): string {
  if (last === undefined) return u8Key(partition)
  const lastPartition = readU8(last, 0)
  if (partition === lastPartition) return `${last}\0`
  const due = partitionKey(partition, dueTimeOf(last))
  // Of messages due at once those of lower partitions come first, see `earliest`.
  return partition < lastPartition ? prefixEnd(due) : due
}

/** The next keys of one partition. */
interface Lane {
  readonly partition: number
  keys: string[]
  at: number
  from: string
}

function readKey(store: KvStore, router: Router, key: string): DelayedMessage | undefined {
  const value = store.get(Table.DELAYED, key)
  return value === undefined ? undefined : decodeDelayed(key, value, router)
}

function refill(store: KvStore, lane: Lane): boolean {
  lane.keys = []
  lane.at = 0
  store.scan(Table.DELAYED, lane.from, prefixEnd(u8Key(lane.partition)), (key) => {
    lane.keys.push(key)
    return lane.keys.length < CHUNK_KEYS
  })
  const last = lane.keys.at(-1)
  if (last !== undefined) lane.from = `${last}\0`
  return last !== undefined
}

function earliest(lanes: readonly Lane[]): Lane {
  let first = lanes[0]! // Callers have at least one.
  for (const lane of lanes) if (headTime(lane) < headTime(first)) first = lane
  return first
}

function headTime(lane: Lane): number {
  return dueTimeOf(lane.keys[lane.at]!) // A lane in the list has a key.
}
