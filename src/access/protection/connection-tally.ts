import { hashString } from '#kernel/hash.ts'

/** Int32 of one place: two hashes of the name and its count. */
const PLACE_INTS = 3
const PLACES = 131_072
/** Above that many names searching takes too long: no more are counted. */
const NAMES_MAX = PLACES * 0.75
/** Ints before the places: the lock, and how many names are there. */
const HEAD_INTS = 2
const LOCK = 0
const NAMES = 1

/** Bytes that the shared memory of one tally takes. */
export const TALLY_BYTES = (HEAD_INTS + PLACES * PLACE_INTS) * Int32Array.BYTES_PER_ELEMENT

/**
 * Counts connections by name, such as a user or an address, over all threads: the limit holds
 * exactly for the whole process. Names are kept as 62 bits of hash. With more than 98,304 names at
 * a time those beyond are not counted, and thereby not limited.
 */
export class ConnectionTally {
  readonly #memory: Int32Array
  readonly #salt: string

  /**
   * @param memory over `TALLY_BYTES` that all threads share, zero at first
   * @param salt the same in all threads, and not known to clients
   */
  constructor(memory: Int32Array, salt: string) {
    this.#memory = memory
    this.#salt = salt
  }

  /** Counts one more; false when there are `max` already. */
  take(name: string, max: number): boolean {
    return this.#locked(name, (place) => {
      if (place === -1) return true
      const countAt = place + 2
      const count = this.#memory[countAt] ?? 0
      if (count >= max) return false
      this.#memory[countAt] = count + 1
      return true
    })
  }

  /** Counts one less. */
  give(name: string): void {
    this.#locked(name, (place) => {
      if (place === -1) return true
      const countAt = place + 2
      const count = this.#memory[countAt] ?? 0
      if (count > 1) this.#memory[countAt] = count - 1
      else this.#remove((place - HEAD_INTS) / PLACE_INTS)
      return true
    })
  }

  /** How many are counted under a name. */
  count(name: string): number {
    let found = 0
    this.#locked(name, (place) => {
      if (place === -1) return true
      found = this.#memory[place + 2] ?? 0
      if (found === 0) this.#remove((place - HEAD_INTS) / PLACE_INTS)
      return true
    })
    return found
  }

  /** Runs `act` with the place of the name, made when it is new; -1 = there is no room. */
  #locked(name: string, act: (place: number) => boolean): boolean {
    const memory = this.#memory
    // Held for some hundred nanoseconds, and by nobody who could fail in between.
    while (Atomics.compareExchange(memory, LOCK, 0, 1) !== 0);
    try {
      return act(this.#find(name))
    } finally {
      Atomics.store(memory, LOCK, 0)
    }
  }

  #find(name: string): number {
    const memory = this.#memory
    const first = hashString(this.#salt + name) | 0x4000_0000 // Not 0: that is a free place.
    const second = hashString(name + this.#salt)
    for (let step = 0; step < PLACES; step++) {
      const place = HEAD_INTS + ((first + step) % PLACES) * PLACE_INTS
      if (memory[place] === first && memory[place + 1] === second) return place
      if (memory[place] !== 0) continue
      if ((memory[NAMES] ?? 0) >= NAMES_MAX) return -1
      memory[NAMES] = (memory[NAMES] ?? 0) + 1
      memory[place] = first
      memory[place + 1] = second
      memory[place + 2] = 0
      return place
    }
    return -1
  }

  /** Frees a place and moves up those that were pushed behind it. */
  #remove(index: number): void {
    const memory = this.#memory
    memory[NAMES] = (memory[NAMES] ?? 1) - 1
    let free = index
    for (let next = (free + 1) % PLACES; ; next = (next + 1) % PLACES) {
      const from = HEAD_INTS + next * PLACE_INTS
      const hash = memory[from] ?? 0
      if (hash === 0) break
      const home = hash % PLACES
      // It may move when its home is not between the free place and itself.
      const away = (next - home + PLACES) % PLACES
      if (away < (next - free + PLACES) % PLACES) continue
      memory.copyWithin(HEAD_INTS + free * PLACE_INTS, from, from + PLACE_INTS)
      free = next
    }
    memory[HEAD_INTS + free * PLACE_INTS] = 0
  }
}
