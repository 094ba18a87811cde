/**
 * Configuration from environment variables: `EMQX_A__B` and `TIDEWAY_A__B` set `a.b`. The value
 * is written as in a file; text that cannot be read so is taken as it stands.
 */
import type { Field } from './field.ts'
import { parseValueSyntax } from './hocon/parser.ts'
import { resolveValue } from './hocon/resolve.ts'
import { HoconError, mergeNodes, nestNode } from './hocon/value.ts'
import type { HoconNode, ObjectNode, Position } from './hocon/value.ts'
import { allFields, fieldAt } from './walk.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Later prefixes win over earlier ones. */
const PREFIXES = ['EMQX_', 'TIDEWAY_'] as const

/** Variables with a prefix of ours that are not configuration keys. */
const NOT_KEYS: ReadonlySet<string> = new Set([
  'etc_dir',
  'log_dir',
  'lib_dir',
  'home',
  'host',
  'name',
  'default_log_handler',
  'wait_for_start',
])

/** A variable that sets nothing, and why. */
export interface IgnoredVariable {
  readonly name: string
  readonly message: string
}

export interface EnvironmentLayer {
  readonly node: ObjectNode
  readonly ignored: readonly IgnoredVariable[]
}

/** Where a value of a variable stands, for messages and origins. */
export function environmentPosition(name: string): Position {
  return { source: `environment ${name}`, line: 0, column: 0 }
}

/** The name of the variable a position stands for, or undefined. */
export function environmentName(at: Position): string | undefined {
  return at.line === 0 && at.source.startsWith('environment ')
    ? at.source.slice('environment '.length)
    : undefined
}

/**
 * The layer that the environment makes. A variable of EMQX with an unknown key is reported and
 * ignored; one of ours stays in the layer, so that its key is refused like any other.
 */
export function readEnvironment(
  root: Field,
  env: Environment,
  isKnownElsewhere: (path: readonly string[]) => boolean,
): EnvironmentLayer {
  const ignored: IgnoredVariable[] = []
  let layer: HoconNode = { kind: 'object', fields: new Map(), at: environmentPosition('') }
  for (const { name, text, prefix } of variables(env)) {
    const path = pathOf(name.slice(prefix.length))
    if (path === undefined || (path.length === 1 && NOT_KEYS.has(path[0] ?? ''))) continue
    const located = fieldAt(root, path)
    const known = located !== undefined || isKnownElsewhere(path)
    if (!known && (prefix === 'EMQX_' || path.length === 1)) {
      ignored.push({ name, message: ignoredMessage(root, prefix, path) })
      continue
    }
    const at = environmentPosition(name)
    // By its proper name it wins over what a file says under another one.
    layer = mergeNodes(layer, nestNode(located?.path ?? path, readValue(text, at, env)))
  }
  // Only objects were merged into an object.
  return { node: layer as ObjectNode, ignored }
}

interface Variable {
  readonly name: string
  readonly text: string
  readonly prefix: (typeof PREFIXES)[number]
}

/** In a fixed order: by prefix, then shorter paths first, then by name. */
function variables(env: Environment): readonly Variable[] {
  const found: Variable[] = []
  for (const prefix of PREFIXES) {
    const names = Object.keys(env).filter((name) => name.startsWith(prefix))
    const depth = (name: string) => name.split('__').length
    names.sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))
    for (const name of names) {
      const text = env[name]
      if (text !== undefined) found.push({ name, text, prefix })
    }
  }
  return found
}

/** `LISTENERS__TCP__"Main"` is listeners, tcp, Main: quotes keep the case. */
function pathOf(name: string): readonly string[] | undefined {
  const path = name.split('__').map((part) => {
    const quoted = /^"(.+)"$/.exec(part)
    return quoted?.[1] ?? part.toLowerCase()
  })
  return path.includes('') ? undefined : path
}

function readValue(text: string, at: Position, env: Environment): HoconNode {
  const asText: HoconNode = { kind: 'scalar', value: text, text, at }
  let node: HoconNode
  try {
    node = resolveValue(parseValueSyntax(text, at.source), { env })
  } catch (error) {
    if (error instanceof HoconError) return asText
    throw error
  }
  // `pa#ss` would lose what a file takes for a comment.
  const cut = node.kind === 'scalar' && node.text !== text.trim() && !/["$]/.test(text)
  return cut ? asText : withPosition(node, at)
}

/** The variable is the origin; a line number would say nothing. */
function withPosition(node: HoconNode, at: Position): HoconNode {
  if (node.kind === 'scalar') return { ...node, at }
  if (node.kind === 'array') {
    return { ...node, items: node.items.map((item) => withPosition(item, at)), at }
  }
  const fields = [...node.fields].map(([key, child]) => [key, withPosition(child, at)] as const)
  return { ...node, fields: new Map(fields), at }
}

function ignoredMessage(root: Field, prefix: string, path: readonly string[]): string {
  const written = path.join('__').replaceAll('__', '_')
  for (const { path: known } of allFields(root)) {
    if (known.length > path.length && known.join('_') === written) {
      return `sets nothing: write \`${prefix}${known.join('__').toUpperCase()}\``
    }
  }
  return 'sets nothing: there is no such key'
}

/**
 * Lays the environment over files. Beyond the merging of objects, numbered keys reach into
 * lists: `EMQX_AUTO_SUBSCRIBE__TOPICS__1__QOS` changes the first item.
 */
export function mergeEnvironment(under: HoconNode, over: HoconNode): HoconNode {
  if (over.kind !== 'object') return over
  if (under.kind === 'array') return mergeItems(under, over)
  if (under.kind !== 'object') return over
  const fields = new Map(under.fields)
  for (const [key, child] of over.fields) {
    const before = fields.get(key)
    fields.set(key, before === undefined ? child : mergeEnvironment(before, child))
  }
  return { kind: 'object', fields, at: over.at }
}

function mergeItems(under: HoconNode & { readonly kind: 'array' }, over: ObjectNode): HoconNode {
  const items = [...under.items]
  for (const [key, child] of over.fields) {
    const index = Number(key) - 1
    // A gap is no list any more: the description refuses the object.
    if (!/^[1-9]\d{0,5}$/.test(key) || index > items.length) return over
    const before = items[index]
    items[index] = before === undefined ? child : mergeEnvironment(before, child)
  }
  return { kind: 'array', items, at: over.at }
}
