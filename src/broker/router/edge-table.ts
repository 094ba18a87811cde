import type { TrieNodes } from './trie-nodes.ts'

const PARTS = 64
const PART_BITS = 6
const SLOTS_MIN = 4

/**
 * From (parent, level) to the child: a hash table of node numbers, which finds the key in the
 * node itself. In many small parts, so that growing stops nothing for long. Hot path.
 */
export class EdgeTable {
  readonly #nodes: TrieNodes
  readonly #parts: Int32Array[]
  readonly #counts: Int32Array

  constructor(nodes: TrieNodes) {
    this.#nodes = nodes
    this.#parts = Array.from({ length: PARTS }, () => new Int32Array(SLOTS_MIN))
    this.#counts = new Int32Array(PARTS)
  }

  /** Nodes in the table. */
  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0)
  }

  /** The child of a node by the number of a level, 0 = none. */
  find(parent: number, level: number): number {
    const nodes = this.#nodes
    const hash = edgeHash(parent, level)
    const slots = this.#parts[hash & (PARTS - 1)]! // In range: masked.
    const mask = slots.length - 1
    // A part is never full, so the search ends.
    for (let at = (hash >>> PART_BITS) & mask; ; at = (at + 1) & mask) {
      const node = slots[at]! // In range: masked, as everywhere below.
      if (node === 0) return 0
      if (nodes.parent(node) === parent && nodes.level(node) === level) return node
    }
  }

  /** Adds a node that is not in the table. */
  add(node: number): void {
    const part = this.#hash(node) & (PARTS - 1)
    let slots = this.#parts[part]!
    this.#counts[part]!++
    if (this.#counts[part]! * 3 > slots.length * 2) {
      const old = slots
      slots = new Int32Array(old.length * 2)
      this.#parts[part] = slots
      for (const each of old) if (each !== 0) this.#place(slots, each)
    }
    this.#place(slots, node)
  }

  /** Takes a node out and closes the gap, so that searches need no marks of removed nodes. */
  remove(node: number): void {
    const part = this.#hash(node) & (PARTS - 1)
    const slots = this.#parts[part]!
    const mask = slots.length - 1
    this.#counts[part]!--
    let gap = this.#home(node, mask)
    while (slots[gap] !== node) gap = (gap + 1) & mask
    for (let at = (gap + 1) & mask; slots[at] !== 0; at = (at + 1) & mask) {
      // Distances going round: a node moves into the gap unless its home lies behind the gap.
      const fromHome = (at - this.#home(slots[at]!, mask)) & mask
      if (fromHome < ((at - gap) & mask)) continue
      slots[gap] = slots[at]!
      gap = at
    }
    slots[gap] = 0
  }

  #place(slots: Int32Array, node: number): void {
    const mask = slots.length - 1
    let at = this.#home(node, mask)
    while (slots[at] !== 0) at = (at + 1) & mask
    slots[at] = node
  }

  /** Slot where the search for the node begins. */
  #home(node: number, mask: number): number {
    return (this.#hash(node) >>> PART_BITS) & mask
  }

  #hash(node: number): number {
    return edgeHash(this.#nodes.parent(node), this.#nodes.level(node))
  }
}

function edgeHash(parent: number, level: number): number {
  let hash = Math.imul(parent, 0x9e3779b1) ^ Math.imul(level, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35)
  return hash ^ (hash >>> 13)
}
