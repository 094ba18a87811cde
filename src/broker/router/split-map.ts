const PARTS = 64

/**
 * A map of strings in many small ones: one map of a million keys stops everything for a tenth of a
 * second when it grows, and no map holds more than 16.7 million. The caller gives each key's hash,
 * any integer that is the same for the same key; if all are equal this is just one map.
 */
export class SplitMap<Value> {
  readonly #parts: readonly Map<string, Value>[]
  #size: number

  constructor() {
    this.#parts = Array.from({ length: PARTS }, () => new Map<string, Value>())
    this.#size = 0
  }

  get size(): number {
    return this.#size
  }

  get(key: string, hash: number): Value | undefined {
    return this.#part(hash).get(key)
  }

  set(key: string, hash: number, value: Value): void {
    const part = this.#part(hash)
    const before = part.size
    part.set(key, value)
    this.#size += part.size - before
  }

  delete(key: string, hash: number): boolean {
    const deleted = this.#part(hash).delete(key)
    if (deleted) this.#size--
    return deleted
  }

  *values(): Generator<Value> {
    for (const part of this.#parts) yield* part.values()
  }

  #part(hash: number): Map<string, Value> {
    return this.#parts[hash & (PARTS - 1)]! // In range: masked.
  }
}
