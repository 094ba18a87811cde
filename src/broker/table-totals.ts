import { checkRecord, encodeRecord, RECORD_HEADER_BYTES } from '#kernel/record.ts'
import { prefixEnd, textPart, u8Key } from '#kernel/binary-key.ts'
import { Table } from './ports.ts'
import type { KvStore } from './ports.ts'

const RECORD_VERSION = 1
const RECORD_BYTES = RECORD_HEADER_BYTES + 16
/** Numbers per shard in the shared memory: keys, bytes, changes made in this run. */
const SLOT_NUMBERS = 3

/**
 * How many keys and bytes a table has that several shards write.
 *
 * Each shard keeps the sum of its own changes (a shard that only deletes has a negative one) and
 * stores it with them in the same batch, so that a crash leaves both or none; the total is the
 * sum over the shards, read from memory they share. It is exact as long as no two shards change
 * the same key between two commits; what such a race leaves over is repaired by a recount.
 */
export class TableTotals {
  readonly #store: KvStore
  readonly #shard: number
  readonly #shardCount: number
  readonly #slots: Float64Array
  readonly #keyPrefix: string
  #recount: Recount | undefined

  /** Bytes of shared memory that `shardCount` shards need for one table. */
  static memoryBytes(shardCount: number): number {
    return shardCount * SLOT_NUMBERS * Float64Array.BYTES_PER_ELEMENT
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
    this.#recount = undefined
  }

  /** True when other shards write the table too. */
  get shared(): boolean {
    return this.#shardCount > 1
  }

  /** Keys in the table. */
  get count(): number {
    return Math.max(0, this.#sum(0))
  }

  /** Bytes of keys and values in the table. */
  get bytes(): number {
    return Math.max(0, this.#sum(1))
  }

  /** What this shard added to the count; may be negative. */
  get ownCount(): number {
    return this.#slots[this.#shard * SLOT_NUMBERS]! // Made for all shards.
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

  /** Notes one change of the table that is in the open batch. */
  add(key: string, countDelta: number, bytesDelta: number): void {
    const slot = this.#shard * SLOT_NUMBERS
    this.#slots[slot + 2]! += 1 // Made for all shards.
    this.#change(countDelta, bytesDelta)
    const recount = this.#recount
    if (recount === undefined || key >= recount.position) return
    recount.count += countDelta
    recount.bytes += bytesDelta
  }

  /**
   * Starts a recount by this shard. The walk over the table must begin some time after it (longer
   * than a commit takes), because changes of other shards are counted before they can be seen.
   */
  beginRecount(): void {
    this.#recount = { position: '', count: 0, bytes: 0, foreign: this.#foreignChanges() }
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
    const foreign = this.#foreignChanges() - recount.foreign
    const counted = this.#sum(0)
    const least = recount.count - foreign
    const most = recount.count + foreign
    const countDelta = Math.min(Math.max(counted, least), most) - counted
    const bytesDelta = foreign === 0 ? recount.bytes - this.#sum(1) : 0
    if (countDelta !== 0 || bytesDelta !== 0) this.#change(countDelta, bytesDelta)
    return countDelta
  }

  #sum(number: number): number {
    let sum = 0
    for (let slot = number; slot < this.#slots.length; slot += SLOT_NUMBERS) {
      sum += this.#slots[slot]! // In range.
    }
    return sum
  }

  #foreignChanges(): number {
    return this.#sum(2) - this.#slots[this.#shard * SLOT_NUMBERS + 2]!
  }

  #setOwn(count: number, bytes: number): void {
    const slot = this.#shard * SLOT_NUMBERS
    this.#slots[slot] = count
    this.#slots[slot + 1] = bytes
  }

  #change(countDelta: number, bytesDelta: number): void {
    const slot = this.#shard * SLOT_NUMBERS
    this.#setOwn(this.#slots[slot]! + countDelta, this.#slots[slot + 1]! + bytesDelta)
    this.#write()
  }

  #write(): void {
    const numbers = new Uint8Array(16)
    const view = new DataView(numbers.buffer)
    const slot = this.#shard * SLOT_NUMBERS
    view.setFloat64(0, this.#slots[slot]!)
    view.setFloat64(8, this.#slots[slot + 1]!)
    const record = encodeRecord(RECORD_VERSION, numbers)
    this.#store.put(Table.META, this.#keyPrefix + u8Key(this.#shard), record)
  }
}

interface Recount {
  /** Keys below have been seen by the walk. */
  position: string
  count: number
  bytes: number
  /** Changes of other shards when the recount began. */
  readonly foreign: number
}
