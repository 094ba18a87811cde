import { hashString } from '#kernel/hash.ts'

/** Keys that are remembered at a time; two that share a place only cost a recount too many. */
const PLACES = 4_096
/** For so long a change may be unseen by other shards; a commit that takes longer is a stall. */
const UNSEEN_SECONDS = 15
const SHARD_BITS = 10
const SECONDS_MASK = 2 ** (31 - SHARD_BITS) - 1

/**
 * Notices when two shards change one key at about the same time, so that each may count what it
 * did without knowing of the other. In memory that the shards share; never misses a race that is
 * over within 15 s, and may take two different keys for one.
 */
export class KeyRaces {
  /** The number of races, then who changed a key of this place last, and when. */
  readonly #cells: Int32Array
  readonly #shard: number

  static readonly MEMORY_BYTES = (1 + PLACES) * Int32Array.BYTES_PER_ELEMENT

  /** @param shard below 1023 */
  constructor(memory: ArrayBufferLike, byteOffset: number, shard: number) {
    this.#cells = new Int32Array(memory, byteOffset, 1 + PLACES)
    this.#shard = shard
  }

  /** How often a race was noticed, by any shard, in this run. */
  get count(): number {
    return Atomics.load(this.#cells, 0)
  }

  /**
   * Notes that this shard changed the key, or was asked to and did not find it.
   * @returns true when another shard changed it a moment before
   */
  note(key: string, nowMs: number): boolean {
    const seconds = Math.floor(nowMs / 1_000) & SECONDS_MASK
    const place = placeOf(key)
    // Shards count from 1 here, since 0 is a place that nobody has been to.
    const mine = (seconds << SHARD_BITS) | (this.#shard + 1)
    const last = Atomics.exchange(this.#cells, place, mine)
    const lastShard = last & (2 ** SHARD_BITS - 1)
    if (lastShard === 0 || lastShard === this.#shard + 1) return false
    const ageSeconds = (seconds - (last >> SHARD_BITS)) & SECONDS_MASK
    // The clocks of two threads may be read in the other order than their changes are made.
    const isRecent = ageSeconds <= UNSEEN_SECONDS || ageSeconds === SECONDS_MASK
    if (isRecent) Atomics.add(this.#cells, 0, 1)
    return isRecent
  }

  /** True when no other shard changed the key, or one with the same place, since this one did. */
  changedLast(key: string): boolean {
    const last = Atomics.load(this.#cells, placeOf(key))
    return (last & (2 ** SHARD_BITS - 1)) === this.#shard + 1
  }
}

function placeOf(key: string): number {
  return 1 + (hashString(key) % PLACES)
}
