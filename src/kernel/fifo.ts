import { assert } from './assert.ts'

const CAPACITY_MIN = 8

/**
 * Bounded first-in first-out queue in a ring, limited by count and by bytes.
 *
 * What happens at the limit is the caller's policy: `push` refuses and counts, the caller drops the
 * newest, or shifts the oldest and pushes again. An empty queue holds no memory worth mentioning;
 * a drained one gives back a large ring.
 */
export class Fifo<T> {
  readonly countMax: number
  readonly bytesMax: number
  /** Pushes refused because of a limit, since the queue was made. */
  refused: number
  #items: (T | undefined)[]
  #sizes: number[]
  #head: number
  #count: number
  #bytes: number

  /** Limits: items, and sum of their sizes in bytes; either may be Infinity. */
  constructor(countMax: number, bytesMax: number) {
    assert(countMax >= 0 && bytesMax >= 0, 'limits of a queue are not negative')
    this.countMax = countMax
    this.bytesMax = bytesMax
    this.refused = 0
    this.#items = []
    this.#sizes = []
    this.#head = 0
    this.#count = 0
    this.#bytes = 0
  }

  get count(): number {
    return this.#count
  }

  /** Sum of the sizes of what is in the queue. */
  get bytes(): number {
    return this.#bytes
  }

  /** Places the ring has now, for memory figures. */
  get capacity(): number {
    return this.#items.length
  }

  /** True when an item of this size would be taken. */
  hasRoom(sizeBytes: number): boolean {
    return this.#count < this.countMax && this.#bytes + sizeBytes <= this.bytesMax
  }

  /** Adds at the end. False, and counted, when a limit would be exceeded. */
  push(item: T, sizeBytes: number): boolean {
    if (!this.hasRoom(sizeBytes)) {
      this.refused++
      return false
    }
    if (this.#count === this.#items.length) this.#resize(this.#count * 2)
    const at = (this.#head + this.#count) & (this.#items.length - 1)
    this.#items[at] = item
    this.#sizes[at] = sizeBytes
    this.#count++
    this.#bytes += sizeBytes
    return true
  }

  /** Removes and returns the oldest item; undefined when empty. */
  shift(): T | undefined {
    if (this.#count === 0) return undefined
    const head = this.#head
    const item = this.#items[head]
    this.#items[head] = undefined
    this.#bytes -= this.#sizes[head]! // In range: head is always inside the ring.
    this.#head = (head + 1) & (this.#items.length - 1)
    this.#count--
    if (this.#items.length > CAPACITY_MIN && this.#count * 4 <= this.#items.length) {
      this.#resize(this.#items.length >> 1)
    }
    return item
  }

  /** The oldest item, which stays; undefined when empty. */
  peek(): T | undefined {
    return this.#count === 0 ? undefined : this.#items[this.#head]
  }

  /** The item at a position counted from the oldest; undefined beyond the end. */
  at(position: number): T | undefined {
    if (position < 0 || position >= this.#count) return undefined
    return this.#items[(this.#head + position) & (this.#items.length - 1)]
  }

  /** Drops everything and its memory; `refused` goes on. */
  clear(): void {
    this.#items = []
    this.#sizes = []
    this.#head = 0
    this.#count = 0
    this.#bytes = 0
  }

  /** Oldest first. Do not change the queue meanwhile. */
  *[Symbol.iterator](): Generator<T> {
    for (let position = 0; position < this.#count; position++) {
      yield this.#items[(this.#head + position) & (this.#items.length - 1)] as T // In the ring.
    }
  }

  #resize(capacityWanted: number): void {
    const capacity = Math.max(CAPACITY_MIN, capacityWanted) // A power of two: the ring masks.
    const items: (T | undefined)[] = []
    const sizes: number[] = []
    const mask = this.#items.length - 1
    for (let position = 0; position < capacity; position++) {
      const inRing = position < this.#count
      const at = (this.#head + position) & mask
      items.push(inRing ? this.#items[at] : undefined)
      sizes.push(inRing ? this.#sizes[at]! : 0) // In range: masked.
    }
    this.#items = items
    this.#sizes = sizes
    this.#head = 0
  }
}
