import { lowerBound } from '../pending/sorted-runs.ts'
import type { EntryCursor } from '../pending/merged-scan.ts'

const BLOCK_KEYS_MAX = 256

interface Block {
  readonly keys: string[]
  readonly values: Uint8Array[]
}

/**
 * Keys in order, in blocks of at most 256: a binary search over the blocks, one inside the block.
 *
 * A cursor is good as long as nothing is written.
 */
export class OrderedMap {
  #blocks: Block[]
  #size: number

  constructor() {
    this.#blocks = []
    this.#size = 0
  }

  get size(): number {
    return this.#size
  }

  get(key: string): Uint8Array | undefined {
    const block = this.#blocks[this.#blockOf(key)]
    if (block === undefined) return undefined
    const at = lowerBound(block.keys, key)
    return block.keys[at] === key ? block.values[at] : undefined
  }

  set(key: string, value: Uint8Array): void {
    const index = this.#blockOf(key)
    const block = this.#blocks[index] ?? this.#firstBlock()
    const at = lowerBound(block.keys, key)
    if (block.keys[at] === key) {
      block.values[at] = value
      return
    }
    block.keys.splice(at, 0, key)
    block.values.splice(at, 0, value)
    this.#size++
    if (block.keys.length > BLOCK_KEYS_MAX) this.#split(index, block)
  }

  delete(key: string): void {
    const index = this.#blockOf(key)
    const block = this.#blocks[index]
    if (block === undefined) return
    const at = lowerBound(block.keys, key)
    if (block.keys[at] !== key) return
    block.keys.splice(at, 1)
    block.values.splice(at, 1)
    this.#size--
    if (block.keys.length === 0) this.#blocks.splice(index, 1)
  }

  /** Walks the keys in [from, to). */
  cursor(from: string, to: string): EntryCursor {
    return new MapCursor(this.#blocks, this.#blockOf(from), from, to)
  }

  clear(): void {
    this.#blocks = []
    this.#size = 0
  }

  /** The last block that begins at or below `key`, the first one when all begin above it. */
  #blockOf(key: string): number {
    let low = 0
    let high = this.#blocks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#blocks[middle]!.keys[0]! <= key) low = middle
      else high = middle - 1
    }
    return low
  }

  #firstBlock(): Block {
    const block = { keys: [], values: [] }
    this.#blocks.push(block)
    return block
  }

  #split(index: number, block: Block): void {
    const half = block.keys.length >>> 1
    const upper = { keys: block.keys.splice(half), values: block.values.splice(half) }
    this.#blocks.splice(index + 1, 0, upper)
  }
}

class MapCursor implements EntryCursor {
  key: string
  value: Uint8Array
  readonly #blocks: readonly Block[]
  readonly #to: string
  #block: number
  #at: number

  constructor(blocks: readonly Block[], block: number, from: string, to: string) {
    this.key = ''
    this.value = EMPTY
    this.#blocks = blocks
    this.#to = to
    this.#block = block
    const first = blocks[block]
    this.#at = first === undefined ? 0 : lowerBound(first.keys, from)
  }

  next(): boolean {
    let block = this.#blocks[this.#block]
    if (block !== undefined && this.#at === block.keys.length) {
      block = this.#blocks[++this.#block]
      this.#at = 0
    }
    const key = block?.keys[this.#at]
    if (block === undefined || key === undefined || key >= this.#to) return false
    this.key = key
    this.value = block.values[this.#at]! // As many values as keys.
    this.#at++
    return true
  }

  close(): void {
    this.#block = this.#blocks.length
  }
}

const EMPTY = new Uint8Array(0)
