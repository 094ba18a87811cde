import { hashString } from '#kernel/hash.ts'

/** Places that keys share: two keys in one place only cost a look too many. */
const PLACES = 4_096
/** Changes of all shards whose order is known, the latest ones. A power of two. */
const CHANGES_KEPT = 65_536
/** For so long a change may be unseen by other shards; a commit that takes longer is a stall. */
const UNSEEN_SECONDS = 15
const SECONDS_MASK = 2 ** 30 - 1
/** Cells in front of the changes: the number of races, and of changes. */
const Cell = { RACES: 0, CHANGES: 1 } as const
const FIRST_CHANGE = 2
const FIRST_PLACE = FIRST_CHANGE + CHANGES_KEPT

/**
 * Notices when two shards change one key at about the same time, so that each may count what it
 * did without knowing of the other, and knows in which order they did. In memory that the shards
 * share. Never misses a race that is over within 15 s, and may take two different keys for one.
 */
export class KeyRaces {
  /**
   * The number of races; the number of changes; for each of the latest changes the hash of its
   * key; for each place and shard the second, plus 1, in which it changed a key there last.
   */
  readonly #cells: Int32Array
  readonly #shard: number
  readonly #shardCount: number
  /** Number of the change that this shard noted last; numbers wrap around. */
  lastOwn: number

  /** Bytes of shared memory for so many shards. */
  static memoryBytes(shardCount: number): number {
    return (FIRST_PLACE + PLACES * shardCount) * Int32Array.BYTES_PER_ELEMENT
  }

  constructor(memory: ArrayBufferLike, byteOffset: number, shard: number, shardCount: number) {
    this.#cells = new Int32Array(memory, byteOffset, FIRST_PLACE + PLACES * shardCount)
    this.#shard = shard
    this.#shardCount = shardCount
    this.lastOwn = 0
  }

  /** How often a race was noticed, by any shard, in this run. */
  get count(): number {
    return Atomics.load(this.#cells, Cell.RACES)
  }

  /**
   * Notes that this shard changed the key, or was asked to and did not find it.
   * @returns true when another shard changed it a moment before
   */
  note(key: string, nowMs: number): boolean {
    const hash = hashString(key)
    this.lastOwn = Atomics.add(this.#cells, Cell.CHANGES, 1)
    Atomics.store(this.#cells, cellOf(this.lastOwn), hash)
    const isRace = this.#enter(hash, nowMs)
    if (isRace) Atomics.add(this.#cells, Cell.RACES, 1)
    return isRace
  }

  /**
   * Notes that this shard is about to bring its last change of the key back, which is none in the
   * order of changes. Whoever changes the key and is not seen by `lastChanges` after this, sees it.
   */
  announce(key: string, nowMs: number): void {
    this.#enter(hashString(key), nowMs)
  }

  /**
   * The last change of each key since change number `from`: numbers by the hash of the key.
   * Undefined when there have been too many to know. Different keys with the same hash are taken
   * for one, which concerns one key of 30,000 at worst.
   */
  lastChanges(from: number): ReadonlyMap<number, number> | undefined {
    const last = new Map<number, number>()
    const count = this.#countSince(from)
    if (count > CHANGES_KEPT) return undefined
    for (let at = 0; at < count; at++) {
      const number = (from + at) | 0
      last.set(Atomics.load(this.#cells, cellOf(number)), number)
    }
    // What was made meanwhile may have taken the place of what was read.
    return this.#countSince(from) <= CHANGES_KEPT ? last : undefined
  }

  #countSince(from: number): number {
    return (Atomics.load(this.#cells, Cell.CHANGES) - from) >>> 0
  }

  /** @returns true when another shard has been to the place of the key a moment before */
  #enter(hash: number, nowMs: number): boolean {
    const seconds = Math.floor(nowMs / 1_000) & SECONDS_MASK
    const first = FIRST_PLACE + (hash % PLACES) * this.#shardCount
    // Of two shards at the same time at least one sees the other: each enters before it looks.
    Atomics.store(this.#cells, first + this.#shard, seconds + 1)
    for (let shard = 0; shard < this.#shardCount; shard++) {
      if (shard === this.#shard) continue
      const other = Atomics.load(this.#cells, first + shard)
      if (other === 0) continue
      const ageSeconds = (seconds + 1 - other) & SECONDS_MASK
      // The clocks of two threads may be read in the other order than their changes are made.
      if (ageSeconds <= UNSEEN_SECONDS || ageSeconds === SECONDS_MASK) return true
    }
    return false
  }
}

/** True when change `number` was made after change `other`. */
export function isLaterChange(number: number, other: number): boolean {
  return ((number - other) | 0) > 0
}

function cellOf(number: number): number {
  return FIRST_CHANGE + (number & (CHANGES_KEPT - 1))
}
