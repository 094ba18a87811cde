/** Choices of a test run that its seed repeats (mulberry32). */
export class Random {
  readonly seed: number
  #state: number

  constructor(seed: number) {
    this.seed = seed
    this.#state = seed >>> 0
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let z = this.#state
    z = Math.imul(z ^ (z >>> 15), z | 1)
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61)
    return ((z ^ (z >>> 14)) >>> 0) / 0x1_0000_0000
  }

  /** A whole number in [from, to]. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1))
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(list: readonly T[]): T {
    // In range, for a list with something in it.
    return list[Math.floor(this.next() * list.length)]!
  }
}

/** The seed of a run: from the environment, or a new one that a failure must show. */
export function seedOf(variable: string): number {
  const given = process.env[variable]
  return given === undefined ? Math.floor(Math.random() * 0xffff_ffff) : Number(given)
}
