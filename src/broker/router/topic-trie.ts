import { assert } from '#kernel/assert.ts'
import { FilterRoute } from './filter-route.ts'
import { LevelTable, UNKNOWN_LEVEL } from './level-table.ts'

const ROOT = 1
const DOLLAR = 0x24

/** Fields of a node in `cells`. */
const NODE_CELLS = 4
/** Node above; of a free node: the next free one. */
const PARENT = 0
/** Number of the level that leads here from the parent; PLUS_LEVEL below a `+`. */
const LEVEL = 1
/** Child for `+`, 0 = none. */
const PLUS = 2
/** Children and routes. */
const USES = 3
const PLUS_LEVEL = -1

/** Which of a node's two routes: the filter that ends there, or that goes on with `/#`. */
const HERE = 0
const BELOW = 1

const NODES_MIN = 64
/** Stack entries: a node and its depth. */
const FRAME_CELLS = 2

/**
 * The filters with wildcards as a tree of levels [MQTT-4.7.1-1] [MQTT-4.7.1-2].
 *
 * Nodes are numbers: their fields stand in one Int32Array, literal children in one hash table over
 * (parent, level), so a node costs about 50 bytes and the garbage collector sees none of them.
 * A `#` is no node but a second route of its parent. Matching visits only nodes that match, with
 * a stack of its own of at most one entry per level. Levels are compared as they are: no
 * normalisation, case matters [MQTT-4.7.3-4]. Plain fields: hot.
 */
export class TopicTrie {
  /** Routes in the trie. */
  routeCount: number
  readonly levels: LevelTable
  cells: Int32Array
  routes: (FilterRoute | undefined)[]
  edges: Int32Array
  edgeCount: number
  nodesEnd: number
  freeNode: number
  topicLevels: Int32Array
  stack: Int32Array

  constructor() {
    this.routeCount = 0
    this.levels = new LevelTable()
    this.cells = new Int32Array(NODES_MIN * NODE_CELLS)
    this.routes = [undefined, undefined, undefined, undefined] // Node 0 and the root.
    this.edges = new Int32Array(NODES_MIN * 2)
    this.edgeCount = 0
    this.nodesEnd = ROOT + 1
    this.freeNode = 0
    this.topicLevels = new Int32Array(NODES_MIN)
    this.stack = new Int32Array((NODES_MIN + 2) * FRAME_CELLS)
  }

  /** Nodes in use, without the root; for tests and memory figures. */
  get nodeCount(): number {
    let free = 0
    for (let node = this.freeNode; node !== 0; node = this.cells[node * NODE_CELLS + PARENT]!) {
      free++ // In range, as everywhere below: nodes are indexes of cells.
    }
    return this.nodesEnd - ROOT - 1 - free
  }

  /** The route of a filter with wildcards; undefined when it has none. */
  find(filter: string): FilterRoute | undefined {
    let node = ROOT
    let start = 0
    for (;;) {
      const slash = filter.indexOf('/', start)
      const end = slash === -1 ? filter.length : slash
      if (isHash(filter, start)) return this.routes[node * 2 + BELOW]
      node = isPlus(filter, start, end)
        ? this.cells[node * NODE_CELLS + PLUS]!
        : this.#child(node, this.levels.find(filter.slice(start, end)))
      if (node === 0) return undefined
      if (slash === -1) return this.routes[node * 2 + HERE]
      start = slash + 1
    }
  }

  /** The route of a valid filter with wildcards, made when there is none. */
  obtain(filter: string): FilterRoute {
    let node = ROOT
    let start = 0
    for (;;) {
      const slash = filter.indexOf('/', start)
      const end = slash === -1 ? filter.length : slash
      if (isHash(filter, start)) return this.#route(node, BELOW, filter)
      node = isPlus(filter, start, end)
        ? this.#obtainPlus(node)
        : this.#obtainChild(node, filter.slice(start, end))
      if (slash === -1) return this.#route(node, HERE, filter)
      start = slash + 1
    }
  }

  /** Takes a route out, and the branch that nothing else needs. */
  remove(route: FilterRoute): void {
    let node = route.node
    const which = isHash(route.filter, route.filter.length - 1) ? BELOW : HERE
    assert(this.routes[node * 2 + which] === route, 'the route is in the trie')
    this.routes[node * 2 + which] = undefined
    this.routeCount--
    this.cells[node * NODE_CELLS + USES]!--
    while (node !== ROOT && this.cells[node * NODE_CELLS + USES] === 0) {
      const parent = this.cells[node * NODE_CELLS + PARENT]!
      this.#unhook(node, parent)
      this.cells[parent * NODE_CELLS + USES]!--
      this.cells[node * NODE_CELLS + PARENT] = this.freeNode
      this.freeNode = node
      node = parent
    }
  }

  /**
   * Appends the routes of all filters that match the topic to `into`. A filter that begins with a
   * wildcard does not match a topic that begins with `$` [MQTT-4.7.2-1].
   */
  match(topic: string, into: FilterRoute[]): void {
    if (this.routeCount === 0) return
    const wildRoot = topic.charCodeAt(0) !== DOLLAR
    const { cells, routes } = this
    this.stack[0] = ROOT
    this.stack[1] = 0
    let top = FRAME_CELLS
    let known = 0 // Levels of the topic looked up so far.
    let start = 0 // Where the next one begins; -1 after the last.
    while (top > 0) {
      top -= FRAME_CELLS
      const node = this.stack[top]!
      const depth = this.stack[top + 1]!
      const wild = node !== ROOT || wildRoot
      if (wild) {
        const below = routes[node * 2 + BELOW] // Matches the parent level too (§4.7.1.2).
        if (below !== undefined) into.push(below)
      }
      if (depth === known && start !== -1) {
        start = this.#lookUpLevel(topic, start, known)
        known++
      }
      if (depth === known) {
        const here = routes[node * 2 + HERE]
        if (here !== undefined) into.push(here)
        continue
      }
      const plus = cells[node * NODE_CELLS + PLUS]!
      if (plus !== 0 && wild) {
        this.stack[top] = plus
        this.stack[top + 1] = depth + 1
        top += FRAME_CELLS
      }
      const level = this.topicLevels[depth]!
      const child = level === UNKNOWN_LEVEL ? 0 : this.#child(node, level)
      if (child !== 0) {
        this.stack[top] = child
        this.stack[top + 1] = depth + 1
        top += FRAME_CELLS
      }
    }
  }

  /** All routes, in no order. Do not change the trie meanwhile. */
  *[Symbol.iterator](): Generator<FilterRoute> {
    for (const route of this.routes) if (route !== undefined) yield route
  }

  /** Numbers level `index` of the topic, which begins at `start`; where the next begins, or -1. */
  #lookUpLevel(topic: string, start: number, index: number): number {
    if (index === this.topicLevels.length) {
      this.topicLevels = grown(this.topicLevels)
      const stack = new Int32Array((this.topicLevels.length + 2) * FRAME_CELLS)
      stack.set(this.stack)
      this.stack = stack
    }
    const slash = topic.indexOf('/', start)
    const level = topic.slice(start, slash === -1 ? topic.length : slash)
    this.topicLevels[index] = this.levels.find(level)
    return slash === -1 ? -1 : slash + 1
  }

  #route(node: number, which: number, filter: string): FilterRoute {
    const present = this.routes[node * 2 + which]
    if (present !== undefined) return present
    const route = new FilterRoute(filter, node)
    this.routes[node * 2 + which] = route
    this.routeCount++
    this.cells[node * NODE_CELLS + USES]!++
    return route
  }

  #obtainPlus(node: number): number {
    const present = this.cells[node * NODE_CELLS + PLUS]!
    if (present !== 0) return present
    const child = this.#newNode(node, PLUS_LEVEL)
    this.cells[node * NODE_CELLS + PLUS] = child
    return child
  }

  #obtainChild(node: number, text: string): number {
    const known = this.levels.find(text)
    const present = known === UNKNOWN_LEVEL ? 0 : this.#child(node, known)
    if (present !== 0) return present
    const child = this.#newNode(node, this.levels.use(text))
    if (++this.edgeCount * 3 > this.edges.length * 2) this.#growEdges()
    this.#addEdge(child)
    return child
  }

  #newNode(parent: number, level: number): number {
    let node = this.freeNode
    if (node === 0) {
      node = this.nodesEnd++
      if (this.nodesEnd * NODE_CELLS > this.cells.length) this.cells = grown(this.cells)
      this.routes.push(undefined, undefined)
    } else this.freeNode = this.cells[node * NODE_CELLS + PARENT]!
    const at = node * NODE_CELLS
    this.cells[at + PARENT] = parent
    this.cells[at + LEVEL] = level
    this.cells[at + PLUS] = 0
    this.cells[at + USES] = 0
    this.cells[parent * NODE_CELLS + USES]!++
    return node
  }

  /** Cuts a node off its parent. */
  #unhook(node: number, parent: number): void {
    const level = this.cells[node * NODE_CELLS + LEVEL]!
    if (level === PLUS_LEVEL) {
      this.cells[parent * NODE_CELLS + PLUS] = 0
      return
    }
    this.#removeEdge(node)
    this.edgeCount--
    this.levels.release(level)
  }

  /** The child of a node by the number of a level, 0 = none. Hot path. */
  #child(parent: number, level: number): number {
    const { edges, cells } = this
    const mask = edges.length - 1
    // The table is never full, so the search ends.
    for (let at = edgeHash(parent, level) & mask; ; at = (at + 1) & mask) {
      const node = edges[at]!
      if (node === 0) return 0
      const cell = node * NODE_CELLS
      if (cells[cell + PARENT] === parent && cells[cell + LEVEL] === level) return node
    }
  }

  #addEdge(node: number): void {
    const mask = this.edges.length - 1
    let at = this.#home(node)
    while (this.edges[at] !== 0) at = (at + 1) & mask
    this.edges[at] = node
  }

  /** Takes the edge out and closes the gap, so that searches need no marks of removed edges. */
  #removeEdge(node: number): void {
    const { edges } = this
    const mask = edges.length - 1
    let gap = this.#home(node)
    while (edges[gap] !== node) gap = (gap + 1) & mask
    for (let at = (gap + 1) & mask; edges[at] !== 0; at = (at + 1) & mask) {
      const home = this.#home(edges[at]!)
      // Distances from home, going round: it may move to the gap if that is not before its home.
      if (((at - home) & mask) < ((at - gap) & mask)) continue
      edges[gap] = edges[at]!
      gap = at
    }
    edges[gap] = 0
  }

  #growEdges(): void {
    const old = this.edges
    this.edges = new Int32Array(old.length * 2)
    for (const node of old) if (node !== 0) this.#addEdge(node)
  }

  /** Slot where the search for the node's edge begins. */
  #home(node: number): number {
    const cell = node * NODE_CELLS
    const hash = edgeHash(this.cells[cell + PARENT]!, this.cells[cell + LEVEL]!)
    return hash & (this.edges.length - 1)
  }
}

function edgeHash(parent: number, level: number): number {
  let hash = Math.imul(parent, 0x9e3779b1) ^ Math.imul(level, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35)
  return hash ^ (hash >>> 13)
}

function grown(cells: Int32Array): Int32Array {
  const larger = new Int32Array(cells.length * 2)
  larger.set(cells)
  return larger
}

/** True when `#` stands at `start`; in a valid filter it then is the last level. */
function isHash(filter: string, start: number): boolean {
  return filter.charCodeAt(start) === 0x23
}

function isPlus(filter: string, start: number, end: number): boolean {
  return end === start + 1 && filter.charCodeAt(start) === 0x2b
}
