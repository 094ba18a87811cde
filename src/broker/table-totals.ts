import { checkRecord, encodeRecord, RECORD_HEADER_BYTES } from '#kernel/record.ts'
import { prefixEnd, textPart, u8Key } from '#kernel/binary-key.ts'
import { KeyRaces } from './key-races.ts'
import { Table } from './ports.ts'
import type { KvStore } from './ports.ts'

const RECORD_VERSION = 1
const RECORD_BYTES = RECORD_HEADER_BYTES + 16
/** Numbers of a shard in the shared memory; changes are those of this run. */
const Slot = { KEYS: 0, BYTES: 1, CHANGES: 2, CHANGES_COMMITTED: 3 } as const
const SLOT_NUMBERS = 4

/**
 * How many keys and bytes a table has that several shards write.
 *
 * Each shard keeps the sum of its own changes (a shard that only deletes has a negative one) and
 * stores it with them in the same batch, so that a crash leaves both or none; the total is the
 * sum over the shards, read from memory they share. It is exact as long as no two shards change
 * the same key between two commits. Such races are noticed, and what they leave over is repaired
 * by a recount, which one shard makes.
 */
export class TableTotals {
  readonly #store: KvStore
  readonly #shard: number
  readonly #shardCount: number
  readonly #slots: Float64Array
  readonly #keyPrefix: string
  readonly #races: KeyRaces | undefined
  /** A barrier is to tell when the changes are committed. */
  #awaitsCommit: boolean
  /** Races that a recount has made up for. */
  #racesSettled: number
  #recount: Recount | undefined

  /** Bytes of shared memory that `shardCount` shards need for one table. */
  static memoryBytes(shardCount: number): number {
    return slotBytes(shardCount) + KeyRaces.memoryBytes(shardCount)
  }

  /**
   * @param memory the same for all shards, `memoryBytes` long; may only be left out when there is
   * one shard
   */
  constructor(
    store: KvStore,
    table: Table,
    shard: number,
    shardCount: number,
    memory?: ArrayBufferLike,
  ) {
    if (memory === undefined && shardCount > 1) throw new Error('several shards need one memory')
    const numbers = shardCount * SLOT_NUMBERS
    this.#store = store
    this.#shard = shard
    this.#shardCount = shardCount
    this.#slots =
      memory === undefined ? new Float64Array(numbers) : new Float64Array(memory, 0, numbers)
    this.#keyPrefix = textPart('totals') + textPart(table)
    this.#races =
      memory === undefined || shardCount === 1
        ? undefined
        : new KeyRaces(memory, slotBytes(shardCount), shard, shardCount)
    this.#awaitsCommit = false
    this.#racesSettled = 0
    this.#recount = undefined
  }

  /** True when other shards write the table too. */
  get shared(): boolean {
    return this.#shardCount > 1
  }

  /** True when shards have changed a key at the same time and no recount has made up for it. */
  get doubtful(): boolean {
    return this.#races !== undefined && this.#races.count !== this.#racesSettled
  }

  /** Keys in the table. */
  get count(): number {
    return Math.max(0, this.#sum(Slot.KEYS))
  }

  /** Bytes of keys and values in the table. */
  get bytes(): number {
    return Math.max(0, this.#sum(Slot.BYTES))
  }

  /** What this shard added to the count; may be negative. */
  get ownCount(): number {
    return this.#slots[this.#shard * SLOT_NUMBERS + Slot.KEYS]! // Made for all shards.
  }

  /**
   * Reads what this shard stored in earlier runs, and takes over the sums of shards that no
   * longer exist because there are fewer now. A corrupt record counts as 0 until the recount.
   */
  load(): void {
    let folded = false
    let count = 0
    let bytes = 0
    const gone: string[] = []
    this.#store.scan(Table.META, this.#keyPrefix, prefixEnd(this.#keyPrefix), (key, value) => {
      const shard = key.charCodeAt(this.#keyPrefix.length)
      if (shard % this.#shardCount !== this.#shard) return true
      if (checkRecord(value) === RECORD_VERSION && value.length === RECORD_BYTES) {
        const view = new DataView(value.buffer, value.byteOffset, value.length)
        count += view.getFloat64(RECORD_HEADER_BYTES)
        bytes += view.getFloat64(RECORD_HEADER_BYTES + 8)
      }
      if (shard !== this.#shard) {
        folded = true
        gone.push(key)
      }
      return true
    })
    for (const key of gone) this.#store.remove(Table.META, key)
    this.#setOwn(count, bytes)
    if (folded) this.#write()
  }

  /**
   * Notes a change, after `add`, of a key that another shard may be changing just now.
   * @returns true when one has changed it and may not have committed that yet
   */
  noteShared(key: string, nowMs: number): boolean {
    return this.#races?.note(key, nowMs) === true && !this.othersCommitted(this.changes)
  }

  /** Number of the change noted last, in the order of all shards, see `lastChanges`. */
  get lastNoted(): number {
    return this.#races?.lastOwn ?? 0
  }

  /** Notes that a change is to be brought back, before it is looked whether that is right. */
  announce(key: string, nowMs: number): void {
    this.add(key, 0, 0)
    this.#races?.announce(key, nowMs)
  }

  /** As `KeyRaces.lastChanges`. */
  lastChanges(from: number): ReadonlyMap<number, number> | undefined {
    return this.#races?.lastChanges(from)
  }

  /** Changes of each shard so far. */
  get changes(): readonly number[] {
    return this.#numbers(Slot.CHANGES)
  }

  /** True when the other shards have committed so many changes. */
  othersCommitted(changes: readonly number[]): boolean {
    const committed = this.#numbers(Slot.CHANGES_COMMITTED)
    return changes.every((count, shard) => shard === this.#shard || committed[shard]! >= count)
  }

  /** True when all shards have, and this one knows of its own: it reads what is on disk. */
  allCommitted(changes: readonly number[]): boolean {
    const committed = this.#numbers(Slot.CHANGES_COMMITTED)
    return changes.every((count, shard) => committed[shard]! >= count)
  }

  /** Notes one change of the table that is in the open batch. */
  add(key: string, countDelta: number, bytesDelta: number): void {
    this.#slots[this.#shard * SLOT_NUMBERS + Slot.CHANGES]! += 1 // Made for all shards.
    this.#change(countDelta, bytesDelta)
    const recount = this.#recount
    if (recount === undefined || key >= recount.position) return
    recount.count += countDelta
    recount.bytes += bytesDelta
  }

  /** Tells the other shards what is committed by now. To be called every 100 ms. */
  tellCommitted(): void {
    const slot = this.#shard * SLOT_NUMBERS
    const changes = this.#slots[slot + Slot.CHANGES]! // Made for all shards, here and below.
    const isTold = changes === this.#slots[slot + Slot.CHANGES_COMMITTED]!
    if (isTold || this.#races === undefined || this.#awaitsCommit) return
    this.#awaitsCommit = true
    this.#store.barrier((failure) => {
      this.#awaitsCommit = false
      if (failure === undefined) this.#slots[slot + Slot.CHANGES_COMMITTED] = changes
    })
  }

  /**
   * Starts a recount by this shard. The walk over the table must not begin before `recountReady`:
   * changes of other shards are counted before they can be seen.
   */
  beginRecount(): void {
    this.#recount = {
      position: '',
      count: 0,
      bytes: 0,
      changes: this.changes,
      races: this.#races?.count ?? 0,
    }
  }

  /** True when the walk will see everything that was counted before the recount began. */
  get recountReady(): boolean {
    return this.othersCommitted(this.#recount?.changes ?? [])
  }

  /** Gives the recount up: the walk removes nothing but what has expired. */
  dropRecount(): void {
    this.#recount = undefined
  }

  /** Notes what the walk saw up to `position`, the first key it has not seen yet. */
  recounted(position: string, count: number, bytes: number): void {
    if (this.#recount === undefined) return
    this.#recount.position = position
    this.#recount.count += count
    this.#recount.bytes += bytes
  }

  /**
   * Ends a recount that has seen the whole table, and repairs the sums: exactly when no other
   * shard changed the table meanwhile, else as far as the count is certainly wrong. Returns the
   * correction of the count.
   */
  finishRecount(): number {
    const recount = this.#recount
    this.#recount = undefined
    if (recount === undefined) return 0
    const foreign = this.#foreignChangesSince(recount.changes)
    const counted = this.#sum(Slot.KEYS)
    const least = recount.count - foreign
    const most = recount.count + foreign
    const countDelta = Math.min(Math.max(counted, least), most) - counted
    const bytesDelta = foreign === 0 ? recount.bytes - this.#sum(Slot.BYTES) : 0
    if (countDelta !== 0 || bytesDelta !== 0) this.#change(countDelta, bytesDelta)
    if (foreign === 0) this.#racesSettled = recount.races
    return countDelta
  }

  #sum(number: typeof Slot.KEYS | typeof Slot.BYTES): number {
    let sum = 0
    for (let slot: number = number; slot < this.#slots.length; slot += SLOT_NUMBERS) {
      sum += this.#slots[slot]! // In range.
    }
    return sum
  }

  #numbers(number: typeof Slot.CHANGES | typeof Slot.CHANGES_COMMITTED): number[] {
    return Array.from({ length: this.#shardCount }, (_, shard) => {
      return this.#slots[shard * SLOT_NUMBERS + number]! // Made for all shards.
    })
  }

  #foreignChangesSince(before: readonly number[]): number {
    let foreign = 0
    for (const [shard, changes] of this.changes.entries()) {
      if (shard !== this.#shard) foreign += changes - before[shard]! // One for each shard.
    }
    return foreign
  }

  #setOwn(count: number, bytes: number): void {
    const slot = this.#shard * SLOT_NUMBERS
    this.#slots[slot + Slot.KEYS] = count
    this.#slots[slot + Slot.BYTES] = bytes
  }

  #change(countDelta: number, bytesDelta: number): void {
    const slot = this.#shard * SLOT_NUMBERS
    const keys = this.#slots[slot + Slot.KEYS]! // Made for all shards, here and below.
    this.#setOwn(keys + countDelta, this.#slots[slot + Slot.BYTES]! + bytesDelta)
    this.#write()
  }

  #write(): void {
    const numbers = new Uint8Array(16)
    const view = new DataView(numbers.buffer)
    const slot = this.#shard * SLOT_NUMBERS
    view.setFloat64(0, this.#slots[slot + Slot.KEYS]!)
    view.setFloat64(8, this.#slots[slot + Slot.BYTES]!)
    const record = encodeRecord(RECORD_VERSION, numbers)
    this.#store.put(Table.META, this.#keyPrefix + u8Key(this.#shard), record)
  }
}

interface Recount {
  /** Keys below have been seen by the walk. */
  position: string
  count: number
  bytes: number
  /** Changes of each shard when the recount began. */
  readonly changes: readonly number[]
  readonly races: number
}

function slotBytes(shardCount: number): number {
  return shardCount * SLOT_NUMBERS * Float64Array.BYTES_PER_ELEMENT
}
