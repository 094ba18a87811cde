import { assert } from '#kernel/assert.ts'
import { EdgeTable } from './edge-table.ts'
import { FilterRoute } from './filter-route.ts'
import { LevelTable, UNKNOWN_LEVEL } from './level-table.ts'
import { ROOT, TrieNodes, Which } from './trie-nodes.ts'

const DOLLAR = 0x24
const HASH = 0x23
const PLUS = 0x2b

/** Level of a node below a `+`, which hangs at its parent and is in no table. */
const PLUS_LEVEL = -1

const LEVELS_MIN = 64
/** Stack cells of one pending visit: a node and its depth. */
const VISIT_CELLS = 2

/**
 * The filters with wildcards as a tree of levels [MQTT-4.7.1-1] [MQTT-4.7.1-2].
 *
 * A `#` is no node but a second route of its parent, a `+` hangs directly at its parent, literal
 * children are found by hash. Matching visits only nodes that match, with a stack of its own of at
 * most one entry per level. Levels are compared as they are: no normalisation, case matters
 * [MQTT-4.7.3-4]. Plain fields: hot.
 */
export class TopicTrie {
  /** Routes in the trie. */
  routeCount: number
  readonly levels: LevelTable
  readonly nodes: TrieNodes
  readonly edges: EdgeTable
  topicLevels: Int32Array
  stack: Int32Array

  constructor() {
    this.routeCount = 0
    this.levels = new LevelTable()
    this.nodes = new TrieNodes()
    this.edges = new EdgeTable(this.nodes)
    this.topicLevels = new Int32Array(LEVELS_MIN)
    this.stack = new Int32Array((LEVELS_MIN + 2) * VISIT_CELLS)
  }

  /** The route of a filter with wildcards; undefined when it has none. */
  find(filter: string): FilterRoute | undefined {
    const { nodes } = this
    let node = ROOT
    let start = 0
    for (;;) {
      if (isHash(filter, start)) return nodes.route(node, Which.BELOW)
      const slash = filter.indexOf('/', start)
      const end = slash === -1 ? filter.length : slash
      node = isPlus(filter, start, end)
        ? nodes.plus(node)
        : this.#child(node, this.levels.find(filter.slice(start, end)))
      if (node === 0) return undefined
      if (slash === -1) return nodes.route(node, Which.HERE)
      start = slash + 1
    }
  }

  /** The route of a valid filter with wildcards, made when there is none. */
  obtain(filter: string): FilterRoute {
    let node = ROOT
    let start = 0
    for (;;) {
      if (isHash(filter, start)) return this.#route(node, Which.BELOW, filter)
      const slash = filter.indexOf('/', start)
      const end = slash === -1 ? filter.length : slash
      node = isPlus(filter, start, end)
        ? this.#obtainPlus(node)
        : this.#obtainChild(node, filter.slice(start, end))
      if (slash === -1) return this.#route(node, Which.HERE, filter)
      start = slash + 1
    }
  }

  /** Takes a route out, and the branch that nothing else needs. */
  remove(route: FilterRoute): void {
    const { nodes } = this
    let { node } = route
    const which = isHash(route.filter, route.filter.length - 1) ? Which.BELOW : Which.HERE
    assert(nodes.route(node, which) === route, 'the route is in the trie')
    nodes.setRoute(node, which, undefined)
    this.routeCount--
    nodes.addUses(node, -1)
    while (node !== ROOT && nodes.uses(node) === 0) {
      const parent = nodes.parent(node)
      this.#unhook(node, parent)
      nodes.drop(node)
      nodes.addUses(parent, -1)
      node = parent
    }
  }

  /**
   * Appends the routes of all filters that match the topic to `into`. A filter that begins with a
   * wildcard does not match a topic that begins with `$` [MQTT-4.7.2-1].
   */
  match(topic: string, into: FilterRoute[]): void {
    if (this.routeCount === 0) return
    const { nodes } = this
    const wildRoot = topic.charCodeAt(0) !== DOLLAR
    let known = 0 // Levels of the topic looked up so far.
    let start = 0 // Where the next one begins; -1 after the last.
    let top = this.#push(0, ROOT, 0)
    while (top > 0) {
      top -= VISIT_CELLS
      const node = this.stack[top]! // In range, here and below: pushed before.
      const depth = this.stack[top + 1]!
      const wild = node !== ROOT || wildRoot
      if (wild) {
        const below = nodes.route(node, Which.BELOW) // Matches the parent level too (§4.7.1.2).
        if (below !== undefined) into.push(below)
      }
      if (depth === known && start !== -1) {
        start = this.#lookUpLevel(topic, start, known)
        known++
      }
      if (depth === known) {
        const here = nodes.route(node, Which.HERE)
        if (here !== undefined) into.push(here)
        continue
      }
      const plus = nodes.plus(node)
      if (plus !== 0 && wild) top = this.#push(top, plus, depth + 1)
      const child = this.#child(node, this.topicLevels[depth]!)
      if (child !== 0) top = this.#push(top, child, depth + 1)
    }
  }

  /** All routes, in no order. Do not change the trie meanwhile. */
  [Symbol.iterator](): Generator<FilterRoute> {
    return this.nodes.allRoutes()
  }

  #push(top: number, node: number, depth: number): number {
    this.stack[top] = node
    this.stack[top + 1] = depth
    return top + VISIT_CELLS
  }

  /** Numbers level `index` of the topic, which begins at `start`; where the next begins, or -1. */
  #lookUpLevel(topic: string, start: number, index: number): number {
    if (index === this.topicLevels.length) {
      this.topicLevels = lengthened(this.topicLevels, index * 2)
      this.stack = lengthened(this.stack, (index * 2 + 2) * VISIT_CELLS)
    }
    const slash = topic.indexOf('/', start)
    const level = topic.slice(start, slash === -1 ? topic.length : slash)
    this.topicLevels[index] = this.levels.find(level)
    return slash === -1 ? -1 : slash + 1
  }

  #route(node: number, which: Which, filter: string): FilterRoute {
    const present = this.nodes.route(node, which)
    if (present !== undefined) return present
    const route = new FilterRoute(filter, node)
    this.nodes.setRoute(node, which, route)
    this.nodes.addUses(node, 1)
    this.routeCount++
    return route
  }

  #obtainPlus(node: number): number {
    const present = this.nodes.plus(node)
    if (present !== 0) return present
    const child = this.nodes.make(node, PLUS_LEVEL)
    this.nodes.setPlus(node, child)
    this.nodes.addUses(node, 1)
    return child
  }

  #obtainChild(node: number, text: string): number {
    const present = this.#child(node, this.levels.find(text))
    if (present !== 0) return present
    const child = this.nodes.make(node, this.levels.use(text))
    this.edges.add(child)
    this.nodes.addUses(node, 1)
    return child
  }

  /** Cuts a node off its parent. */
  #unhook(node: number, parent: number): void {
    const level = this.nodes.level(node)
    if (level === PLUS_LEVEL) {
      this.nodes.setPlus(parent, 0)
      return
    }
    this.edges.remove(node)
    this.levels.release(level)
  }

  #child(parent: number, level: number): number {
    return level === UNKNOWN_LEVEL ? 0 : this.edges.find(parent, level)
  }
}

function lengthened(cells: Int32Array, length: number): Int32Array {
  const larger = new Int32Array(length)
  larger.set(cells)
  return larger
}

/** True when `#` stands at `start`; in a valid filter it then is the last level. */
function isHash(filter: string, start: number): boolean {
  return filter.charCodeAt(start) === HASH
}

function isPlus(filter: string, start: number, end: number): boolean {
  return end === start + 1 && filter.charCodeAt(start) === PLUS
}
