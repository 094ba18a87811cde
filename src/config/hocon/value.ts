/**
 * Values of a configuration file after substitution: a tree that remembers where each value was
 * written. Objects keep the order of their keys.
 */

/** Where something was written. `line` and `column` count from 1; 0 when there is no text. */
export interface Position {
  /** File name, or `environment NAME`, or any other name of the origin. */
  readonly source: string
  readonly line: number
  readonly column: number
}

export interface ObjectNode {
  readonly kind: 'object'
  readonly fields: ReadonlyMap<string, HoconNode>
  readonly at: Position
}

export interface ArrayNode {
  readonly kind: 'array'
  readonly items: readonly HoconNode[]
  readonly at: Position
}

/** `text` is what was written, without quotes: numbers keep their digits. */
export interface ScalarNode {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  readonly text: string
  readonly at: Position
}

export type HoconNode = ObjectNode | ArrayNode | ScalarNode

/** A plain JavaScript value as it comes from JSON. */
export type Plain =
  | string
  | number
  | boolean
  | null
  | readonly Plain[]
  | { readonly [key: string]: Plain }

/** What was wrong, where, and what was expected there. */
export class HoconError extends Error {
  readonly at: Position
  readonly reason: string

  constructor(reason: string, at: Position) {
    super(`${formatPosition(at)}: ${reason}`)
    this.name = 'HoconError'
    this.reason = reason
    this.at = at
  }
}

/** `file:line:column`, or the name of the origin alone. */
export function formatPosition(at: Position): string {
  return at.line === 0 ? at.source : `${at.source}:${at.line}:${at.column}`
}

/** Objects deeper than this are refused wherever they come from. */
export const NESTING_DEPTH_MAX = 64

/** Makes a tree from a plain value; every node says it was written at `at`. */
export function fromPlain(value: Plain, at: Position): HoconNode {
  return build(value, at, 0)
}

function build(value: Plain, at: Position, depth: number): HoconNode {
  if (depth > NESTING_DEPTH_MAX) {
    throw new HoconError(`values may be nested at most ${NESTING_DEPTH_MAX} deep`, at)
  }
  if (typeof value !== 'object' || value === null) {
    return { kind: 'scalar', value, text: String(value), at }
  }
  if (Array.isArray(value)) {
    return { kind: 'array', items: value.map((item: Plain) => build(item, at, depth + 1)), at }
  }
  const fields = new Map<string, HoconNode>()
  for (const [key, child] of Object.entries(value)) fields.set(key, build(child, at, depth + 1))
  return { kind: 'object', fields, at }
}

/** The plain value of a tree. Objects have no prototype, so no key is special. */
export function toPlain(node: HoconNode): Plain {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'array') return node.items.map(toPlain)
  const plain: Record<string, Plain> = Object.create(null)
  for (const [key, child] of node.fields) plain[key] = toPlain(child)
  return plain
}

/** Lays `over` on `under`: objects are merged key by key, anything else replaces. */
export function mergeNodes(under: HoconNode | undefined, over: HoconNode): HoconNode {
  if (under === undefined || under.kind !== 'object' || over.kind !== 'object') return over
  const fields = new Map(under.fields)
  for (const [key, child] of over.fields) fields.set(key, mergeNodes(fields.get(key), child))
  return { kind: 'object', fields, at: over.at }
}

/** An object without keys. */
export function emptyObject(at: Position): ObjectNode {
  return { kind: 'object', fields: new Map(), at }
}

/** A node as the only one below a path of keys. */
export function nestNode(path: readonly string[], node: HoconNode): HoconNode {
  return path.reduceRight<HoconNode>(
    (below, key) => ({ kind: 'object', fields: new Map([[key, below]]), at: node.at }),
    node,
  )
}

/** The node at a path of keys, or undefined. */
export function nodeAt(root: HoconNode, path: readonly string[]): HoconNode | undefined {
  let node: HoconNode | undefined = root
  for (const key of path) {
    if (node?.kind === 'array') node = /^\d+$/.test(key) ? node.items[Number(key)] : undefined
    else node = node?.kind === 'object' ? node.fields.get(key) : undefined
  }
  return node
}

/** A text as it stands. */
export function textNode(text: string, at: Position): HoconNode {
  return { kind: 'scalar', value: text, text, at }
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Unquoted text: a number, a truth value, null, or the text itself. */
export function wordNode(text: string, at: Position): HoconNode {
  if (text === 'true' || text === 'false') {
    return { kind: 'scalar', value: text === 'true', text, at }
  }
  if (text === 'null') return { kind: 'scalar', value: null, text, at }
  if (NUMBER.test(text)) return { kind: 'scalar', value: Number(text), text, at }
  return textNode(text, at)
}
