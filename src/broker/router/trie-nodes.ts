import type { FilterRoute } from './filter-route.ts'

/** Nodes per chunk: nodes are added chunk by chunk, because growing one array means copying it. */
const CHUNK_BITS = 12
const CHUNK_NODES = 1 << CHUNK_BITS
const CHUNK_MASK = CHUNK_NODES - 1

const FIELD_BITS = 2
/** Node above; of a free node: the next free one. */
const PARENT = 0
/** Number of the level that leads here from the parent. */
const LEVEL = 1
/** Child for `+`, 0 = none. */
const PLUS = 2
/** Children and routes. */
const USES = 3

/** Which of a node's two routes: the filter that ends there, or the one that goes on with `/#`. */
export const Which = { HERE: 0, BELOW: 1 } as const
export type Which = (typeof Which)[keyof typeof Which]

/** The node all filters begin at. Node 0 does not exist. */
export const ROOT = 1

/**
 * The nodes of the trie as numbers with four fields and two routes each: 32 bytes, and no objects
 * that the garbage collector has to visit. Plain fields and small methods: hot.
 */
export class TrieNodes {
  fields: Int32Array[]
  routes: (FilterRoute | undefined)[][]
  /** Nodes ever made, node 0 and the root included. */
  end: number
  firstFree: number
  free: number

  constructor() {
    this.fields = []
    this.routes = []
    this.end = 0
    this.firstFree = 0
    this.free = 0
    this.make(0, 0) // Node 0.
    this.make(0, 0) // The root.
  }

  /** Nodes in use, without the root. */
  get count(): number {
    return this.end - this.free - 2
  }

  /** Makes a node without uses. */
  make(parent: number, level: number): number {
    let node = this.firstFree
    if (node === 0) {
      node = this.end++
      if ((node & CHUNK_MASK) === 0) this.#addChunk()
    } else {
      this.firstFree = this.parent(node)
      this.free--
    }
    // In range, as everywhere below: nodes that were made have a chunk.
    const chunk = this.fields[node >> CHUNK_BITS]!
    const at = (node & CHUNK_MASK) << FIELD_BITS
    chunk[at + PARENT] = parent
    chunk[at + LEVEL] = level
    chunk[at + PLUS] = 0
    chunk[at + USES] = 0
    return node
  }

  /** Gives a node back that has no uses any more. */
  drop(node: number): void {
    this.#set(node, PARENT, this.firstFree)
    this.firstFree = node
    this.free++
  }

  parent(node: number): number {
    return this.fields[node >> CHUNK_BITS]![((node & CHUNK_MASK) << FIELD_BITS) + PARENT]!
  }

  level(node: number): number {
    return this.fields[node >> CHUNK_BITS]![((node & CHUNK_MASK) << FIELD_BITS) + LEVEL]!
  }

  plus(node: number): number {
    return this.fields[node >> CHUNK_BITS]![((node & CHUNK_MASK) << FIELD_BITS) + PLUS]!
  }

  setPlus(node: number, child: number): void {
    this.#set(node, PLUS, child)
  }

  uses(node: number): number {
    return this.fields[node >> CHUNK_BITS]![((node & CHUNK_MASK) << FIELD_BITS) + USES]!
  }

  addUses(node: number, change: number): void {
    this.#set(node, USES, this.uses(node) + change)
  }

  route(node: number, which: Which): FilterRoute | undefined {
    return this.routes[node >> CHUNK_BITS]![((node & CHUNK_MASK) << 1) + which]
  }

  setRoute(node: number, which: Which, route: FilterRoute | undefined): void {
    this.routes[node >> CHUNK_BITS]![((node & CHUNK_MASK) << 1) + which] = route
  }

  /** All routes, in no order. */
  *allRoutes(): Generator<FilterRoute> {
    for (const chunk of this.routes) {
      for (const route of chunk) if (route !== undefined) yield route
    }
  }

  #set(node: number, field: number, value: number): void {
    this.fields[node >> CHUNK_BITS]![((node & CHUNK_MASK) << FIELD_BITS) + field] = value
  }

  #addChunk(): void {
    this.fields.push(new Int32Array(CHUNK_NODES << FIELD_BITS))
    this.routes.push(Array.from({ length: CHUNK_NODES * 2 }, () => undefined))
  }
}
