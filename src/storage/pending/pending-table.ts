import { SortedRuns } from './sorted-runs.ts'

const STALE_KEYS_MIN = 1024

/**
 * What one batch changes in one table: the last write of every key.
 *
 * Hot path (called for every write of the broker), so the fields are plain. Fresh puts, whose key
 * did not exist before, are kept apart: removing one leaves nothing to write at all.
 */
export class PendingTable {
  /** Puts of keys that did not exist before this batch. */
  readonly fresh: Map<string, Uint8Array>
  /** All other keys: the value put, or null for removed. No key is in both maps. */
  readonly changed: Map<string, Uint8Array | null>
  readonly #order: SortedRuns

  constructor() {
    this.fresh = new Map()
    this.changed = new Map()
    this.#order = new SortedRuns()
  }

  /** Number of keys that will be written. */
  get count(): number {
    return this.fresh.size + this.changed.size
  }

  /** Puts a value; returns by how many bytes the batch grew (keys and values). */
  put(key: string, value: Uint8Array, fresh: boolean): number {
    const previous = this.fresh.get(key)
    if (previous !== undefined) {
      this.fresh.set(key, value)
      return value.length - previous.length
    }
    // A key this batch removed exists below: putting it again does not make it fresh.
    if (fresh && (this.changed.size === 0 || !this.changed.has(key))) {
      this.fresh.set(key, value)
      this.#order.add(key)
      return key.length + value.length
    }
    return this.#change(key, value, value.length)
  }

  /** Removes a key; returns by how many bytes the batch grew, which may be negative. */
  remove(key: string): number {
    const previous = this.fresh.get(key)
    if (previous === undefined) return this.#change(key, null, 0)
    this.fresh.delete(key)
    if (this.#order.count > 2 * this.count + STALE_KEYS_MIN) this.#dropStaleKeys()
    return -key.length - previous.length
  }

  /** The value put, null for removed, undefined when this batch says nothing of the key. */
  lookup(key: string): Uint8Array | null | undefined {
    return this.fresh.get(key) ?? this.changed.get(key)
  }

  /**
   * The keys of this batch as ascending arrays that never change. They hold keys that no longer
   * count (`lookup` gives undefined) and may hold a key twice.
   */
  runs(): readonly (readonly string[])[] {
    return this.#order.runs()
  }

  #change(key: string, value: Uint8Array | null, valueBytes: number): number {
    const previous = this.changed.get(key)
    this.changed.set(key, value)
    if (previous === undefined) {
      this.#order.add(key)
      return key.length + valueBytes
    }
    return valueBytes - (previous === null ? 0 : previous.length)
  }

  #dropStaleKeys(): void {
    this.#order.rebuild([...this.fresh.keys(), ...this.changed.keys()])
  }
}
