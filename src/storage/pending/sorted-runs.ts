/**
 * Keys in order for scans, without ordering them while they are written.
 *
 * `add` appends to an unsorted tail. The first scan afterwards sorts the tail into a run and joins
 * runs of similar size, so that there are about log2(keys) runs and every key is moved about
 * log2(keys) times in its life, however scans and writes alternate. A key that was taken out
 * elsewhere stays here until `rebuild`; who scans asks whether the key still counts. A key may
 * stand in several runs; who scans skips equal neighbours.
 */
export class SortedRuns {
  /** Keys held, with those that no longer count and those held twice. Plain field, as is `tail`. */
  count: number
  /** Keys added since the last scan. */
  tail: string[]
  #runs: (readonly string[])[]

  constructor() {
    this.count = 0
    this.tail = []
    this.#runs = []
  }

  add(key: string): void {
    this.tail.push(key)
    this.count++
  }

  /**
   * All keys as ascending arrays, the largest first. The arrays never change afterwards, so a scan
   * may hold them while others write and scan.
   */
  runs(): readonly (readonly string[])[] {
    if (this.tail.length > 0) {
      this.#runs.push(this.tail.sort())
      this.tail = []
      this.#join()
    }
    return this.#runs
  }

  /** Starts again with exactly these keys. */
  rebuild(keys: Iterable<string>): void {
    this.#runs = []
    this.tail = [...keys]
    this.count = this.tail.length
  }

  #join(): void {
    const runs = [...this.#runs]
    while (runs.length > 1 && runs.at(-2)!.length < 2 * runs.at(-1)!.length) {
      const right = runs.pop()! // Two are there, by the condition.
      const left = runs.pop()!
      runs.push(joinSorted(left, right))
    }
    this.#runs = runs
  }
}

/** Position of the first key that is not below `key`. */
export function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}

function joinSorted(left: readonly string[], right: readonly string[]): readonly string[] {
  const joined: string[] = []
  let at = 0
  for (const key of right) {
    for (; at < left.length && left[at]! <= key; at++) joined.push(left[at]!)
    joined.push(key)
  }
  for (; at < left.length; at++) joined.push(left[at]!)
  return joined
}
