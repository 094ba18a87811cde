/** Trees of written values that were changed at run time, and how they are changed further. */
import { formatProblem } from '#config/decode.ts'
import { type Plain, toPlain } from '#config/hocon/value.ts'
import { loadConfig } from '#config/load.ts'
import { ConfigRefusal } from '#management/config-port.ts'

export type PlainObject = { readonly [key: string]: Plain }

/**
 * Reads a text as written values, with every key under its proper name.
 * @throws ConfigRefusal when it is not HOCON
 */
export function readOverlay(source: string, text: string): PlainObject {
  // Read as a file of its own it holds nothing but what was written.
  const { written, errors } = loadConfig({ files: [{ source, text }] })
  const unreadable = errors.filter(({ path, at }) => path.length === 0 && at !== undefined)
  if (unreadable.length > 0) throw new ConfigRefusal('invalid', unreadable.map(formatProblem))
  const plain = toPlain(written)
  return isObject(plain) ? plain : {}
}

/** What is at a path. */
export function partAt(tree: Plain, path: readonly string[]): Plain | undefined {
  let part: Plain | undefined = tree
  for (const key of path) part = isObject(part) ? part[key] : undefined
  return part
}

/** The tree with a value at a path; objects are merged with what is there. */
export function withPart(
  tree: Plain | undefined,
  path: readonly string[],
  value: Plain,
): PlainObject {
  const before = isObject(tree) ? tree : {}
  const [key, ...rest] = path
  if (key === undefined) {
    const all = merged(before, value)
    return isObject(all) ? all : before
  }
  const part = rest.length > 0 ? withPart(before[key], rest, value) : merged(before[key], value)
  return { ...before, [key]: part }
}

/** The tree without what is at a path. */
export function withoutPart(tree: PlainObject, path: readonly string[]): PlainObject {
  const [key, ...rest] = path
  if (key === undefined) return {}
  const { [key]: part, ...others } = tree
  if (part === undefined) return tree
  if (rest.length === 0) return others
  if (!isObject(part)) return tree
  const left = withoutPart(part, rest)
  return Object.keys(left).length === 0 ? others : { ...others, [key]: left }
}

function merged(before: Plain | undefined, value: Plain): Plain {
  if (!isObject(before) || !isObject(value)) return value
  const entries = Object.entries(value).map(([key, part]) => [key, merged(before[key], part)])
  return { ...before, ...(Object.fromEntries(entries) as PlainObject) }
}

/** Whether a value has keys. */
export function isObject(value: Plain | undefined): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
