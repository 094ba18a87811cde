/**
 * Written values to typed ones, by a description. All problems are collected, each with its path
 * and the place it was written; the result is frozen.
 */
import type {
  Field,
  FieldSpec,
  Infer,
  ListSpec,
  MapSpec,
  ObjectSpec,
  StringSpec,
  VariantSpec,
} from './field.ts'
import { decodeScalar, describe, found } from './decode-scalar.ts'
import { printPath } from './hocon/print.ts'
import { emptyObject, fromPlain, mergeNodes, nestNode, toPlain } from './hocon/value.ts'
import type { HoconNode, Plain, Position } from './hocon/value.ts'
import { nearestName } from './suggest.ts'
import { formOf, formTelling } from './variant.ts'
import { properNames } from './walk.ts'

/** One thing that is wrong. `message` begins after the path: "`path` message". */
export interface Problem {
  readonly path: readonly string[]
  readonly message: string
  /** Where it was written; absent for what is missing. */
  readonly at?: Position
}

export interface DecodeOptions {
  /** Values of `${NAME}` in files and folders. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Asked for every unknown key; true: the key is not an error. */
  readonly onUnknown?: (path: readonly string[], node: HoconNode) => boolean
}

export interface Decoded<T> {
  /** Undefined when there are errors. */
  readonly value: T | undefined
  readonly errors: readonly Problem[]
  /** The tree with every key under its proper name. */
  readonly node: HoconNode
}

interface Run {
  readonly options: DecodeOptions
  readonly errors: Problem[]
}

const NOWHERE: Position = { source: 'default', line: 0, column: 0 }

/** Decodes a tree by a description. Absent keys get their defaults. */
export function decode<F extends Field>(
  field: F,
  written: HoconNode | undefined,
  options: DecodeOptions = {},
): Decoded<Infer<F>> {
  const run: Run = { options, errors: [] }
  const node = normalize(field, written ?? emptyObject(NOWHERE))
  const value = decodeField(run, field, node, [])
  // The walk follows the description that `Infer` was computed from.
  const typed = run.errors.length === 0 ? (value as Infer<F>) : undefined
  return { value: typed, errors: run.errors, node }
}

/** `path: message (file:line:column)`, as a person reads it. */
export function formatProblem(problem: Problem): string {
  const { path, message, at } = problem
  const where = at === undefined || at.source === 'default' ? '' : formatAt(at)
  return `${where}${path.length === 0 ? '' : `${shownPath(path)} `}${message}`
}

/** Positions in lists need no quotes here: nobody writes the path back into a file. */
function shownPath(path: readonly string[]): string {
  return path.map((key) => (/^\d+$/.test(key) ? key : printPath([key]))).join('.')
}

function formatAt(at: Position): string {
  return at.line === 0 ? `${at.source}: ` : `${at.source}:${at.line}:${at.column}: `
}

/** Puts keys with other names under their proper ones, and entries without a name under theirs. */
export function normalize(field: FieldSpec, node: HoconNode): HoconNode {
  if (field.kind === 'list' && node.kind === 'array') {
    return { ...node, items: node.items.map((item) => normalize(field.item, item)) }
  }
  if (field.kind === 'list' && field.single === true && node.kind === 'object') {
    if (isNumbered(node)) return node
    const items = node.fields.size === 0 ? [] : [node]
    return normalize(field, { kind: 'array', items, at: node.at })
  }
  if (field.kind === 'variant' && field.textKey !== undefined && node.kind === 'scalar') {
    const fields = new Map([[field.textKey, node]])
    return normalize(field, { kind: 'object', fields, at: node.at })
  }
  if (node.kind !== 'object') return node
  if (field.kind === 'variant') {
    const form = formOf(field, (key) => writtenText(node, key))
    return form === undefined ? node : normalize(form, node)
  }
  if (field.kind === 'object') {
    const fields = new Map<string, HoconNode>()
    for (const [name, child] of properFields(field, node)) {
      const spec = Object.hasOwn(field.fields, name) ? field.fields[name] : undefined
      fields.set(name, spec === undefined ? child : normalize(spec, child))
    }
    return { ...node, fields }
  }
  return field.kind === 'map' ? normalizeMap(field, node) : node
}

/** Under its proper name a key wins over what is written under another one. */
function properFields(
  field: ObjectSpec,
  node: HoconNode & { readonly kind: 'object' },
): ReadonlyMap<string, HoconNode> {
  const proper = new Map<string, HoconNode>()
  const others: HoconNode[] = []
  for (const [key, child] of node.fields) {
    const names = properNames(field, key)
    if (names.length === 1 && names[0] === key) proper.set(key, child)
    else others.push(nestNode(names, child))
  }
  if (others.length === 0) return proper
  const under = others.reduce(mergeNodes)
  const all = mergeNodes(under, { ...node, fields: proper })
  return all.kind === 'object' ? all.fields : proper
}

function normalizeMap(field: MapSpec, node: HoconNode & { readonly kind: 'object' }): HoconNode {
  const { flatEntry, value } = field
  const named = new Map<string, HoconNode>()
  const flat = new Map<string, HoconNode>()
  for (const [key, child] of node.fields) {
    if (flatEntry !== undefined && value.kind === 'object' && isFlat(value, key, child)) {
      flat.set(key, child)
    } else {
      named.set(key, normalize(value, child))
    }
  }
  if (flatEntry !== undefined && flat.size > 0) {
    const before = named.get(flatEntry)
    const fields = new Map([...(before?.kind === 'object' ? before.fields : []), ...flat])
    named.set(flatEntry, normalize(value, { kind: 'object', fields, at: node.at }))
  }
  return { ...node, fields: named }
}

/** Whether a key belongs to an entry without a name; no entry is a single value. */
function isFlat(field: ObjectSpec, key: string, node: HoconNode): boolean {
  const isKey = Object.hasOwn(field.fields, key) || Object.hasOwn(field.aliases ?? {}, key)
  return isKey || (node.kind === 'scalar' && !isNull(node) && !isTombstone(node))
}

function isNull(node: HoconNode | undefined): boolean {
  return node?.kind === 'scalar' && node.value === null
}

/** `null` is the same as nothing written. */
function decodeField(
  run: Run,
  field: FieldSpec,
  written: HoconNode | undefined,
  path: readonly string[],
): unknown {
  const node = isNull(written) ? undefined : written
  if (field.kind === 'object') return decodeObject(run, field, node, path)
  if (field.kind === 'variant') return decodeVariant(run, field, node, path)
  if (field.kind === 'map') return decodeMap(run, field, node, path)
  if (node === undefined) return decodeDefault(run, field, path)
  if (field.kind === 'list') return decodeList(run, field, node, path)
  if (field.kind === 'any') return withoutNulls(toPlain(node))
  const result = decodeScalar(field, node)
  if ('problem' in result) return fail(run, path, node, result.problem)
  const isPath = field.kind === 'string' && field.path === true
  return isPath ? interpolate(run, field, result.value as string, path, node) : result.value
}

/** `null` takes a key away, at any depth. */
function withoutNulls(value: Plain): Plain {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([, part]) => part !== null)
  return Object.freeze(Object.fromEntries(kept.map(([key, part]) => [key, withoutNulls(part)])))
}

function fail(run: Run, path: readonly string[], node: HoconNode, message: string): undefined {
  run.errors.push({ path, message, at: node.at })
  return undefined
}

function decodeDefault(run: Run, field: FieldSpec, path: readonly string[]): unknown {
  if (field.default !== undefined) {
    return decodeField(run, field, fromPlain(field.default, NOWHERE), path)
  }
  return undefined
}

function decodeObject(
  run: Run,
  field: ObjectSpec,
  node: HoconNode | undefined,
  path: readonly string[],
): unknown {
  const written = node ?? emptyObject(NOWHERE)
  if (written.kind !== 'object') {
    return fail(run, path, written, `must be a group of keys, found ${found(written)}`)
  }
  const errorsBefore = run.errors.length
  const value: Record<string, unknown> = {}
  for (const [key, child] of Object.entries(field.fields)) {
    const below = [...path, key]
    const inner = written.fields.get(key)
    if (child.required && (inner === undefined || isNull(inner))) {
      run.errors.push({ path: below, message: 'is missing', at: written.at })
    } else {
      value[key] = decodeField(run, child, inner, below)
    }
  }
  for (const [key, child] of written.fields) {
    if (!Object.hasOwn(field.fields, key)) unknownKey(run, field, [...path, key], child)
  }
  if (run.errors.length === errorsBefore && field.check !== undefined) {
    // The check was declared for what these fields decode to.
    for (const finding of field.check(value as never)) {
      const at = nearestAt(written, finding.path)
      const where = at === undefined ? {} : { at }
      run.errors.push({ path: [...path, ...finding.path], message: finding.message, ...where })
    }
  }
  return Object.freeze(value)
}

function decodeVariant(
  run: Run,
  field: VariantSpec,
  node: HoconNode | undefined,
  path: readonly string[],
): unknown {
  const written = node ?? fromPlain(field.default ?? {}, NOWHERE)
  if (written.kind !== 'object') {
    return fail(run, path, written, `must be a group of keys, found ${found(written)}`)
  }
  const form = formOf(field, (key) => writtenText(written, key))
  if (form !== undefined) return decodeObject(run, form, written, path)
  const forms = field.forms.map((one) => formTelling(field, one)).join('; ')
  return fail(run, path, written, `has none of the known forms, which are: ${forms}`)
}

function writtenText(
  node: HoconNode & { readonly kind: 'object' },
  key: string,
): string | undefined {
  const child = node.fields.get(key)
  return child?.kind === 'scalar' && !isNull(child) ? child.text : undefined
}

/** Where the deepest written part of a path stands. */
function nearestAt(node: HoconNode, path: readonly string[]): Position | undefined {
  const [key, ...rest] = path
  const child = key !== undefined && node.kind === 'object' ? node.fields.get(key) : undefined
  if (child !== undefined) return nearestAt(child, rest)
  return node.at === NOWHERE ? undefined : node.at
}

function unknownKey(run: Run, field: ObjectSpec, path: readonly string[], node: HoconNode): void {
  if (run.options.onUnknown?.(path, node) === true) return
  const key = path.at(-1) ?? ''
  const names = [...Object.keys(field.fields), ...Object.keys(field.aliases ?? {})]
  const near = nearestName(key, names)
  const hint = near === undefined ? '' : `: did you mean \`${near}\`?`
  run.errors.push({ path, message: `is not a known key${hint}`, at: node.at })
}

function decodeMap(
  run: Run,
  field: MapSpec,
  node: HoconNode | undefined,
  path: readonly string[],
): unknown {
  const base = field.default === undefined ? undefined : fromPlain(field.default, NOWHERE)
  const written = node ?? base
  if (written === undefined) return decodeDefault(run, field, path)
  if (written.kind === 'scalar' && field.words?.includes(written.text) === true) {
    return written.text
  }
  if (written.kind !== 'object') {
    return fail(run, path, written, `must be ${describe(field)}, found ${found(written)}`)
  }
  // Entries that exist by default stay until they are set to null.
  const entries = new Map(base?.kind === 'object' ? base.fields : [])
  for (const [key, child] of written.fields) entries.set(key, child)
  if (entries.size > field.entriesMax) {
    return fail(run, path, written, `may have at most ${field.entriesMax} entries`)
  }
  // A name may be anything, `__proto__` too: no prototype to disturb.
  const value: Record<string, unknown> = Object.create(null)
  for (const [key, child] of entries) {
    if (isNull(child) || isTombstone(child)) continue
    const below = [...path, key]
    if (field.keyPattern !== undefined && !field.keyPattern.test(key)) {
      if (run.options.onUnknown?.(below, child) === true) continue
      fail(run, below, child, `is not a valid ${field.keyLabel}`)
    }
    value[key] = decodeField(run, field.value, child, below)
  }
  return Object.freeze(value)
}

/** How EMQX writes that an entry was deleted. */
function isTombstone(node: HoconNode): boolean {
  return node.kind === 'scalar' && node.value === 'marked_for_deletion'
}

function decodeList(run: Run, field: ListSpec, node: HoconNode, path: readonly string[]): unknown {
  const items = itemsOf(field, node)
  if (items === undefined) {
    return fail(run, path, node, `must be ${describe(field)}, found ${found(node)}`)
  }
  if (items.length > field.itemsMax) {
    return fail(run, path, node, `may have at most ${field.itemsMax} items`)
  }
  return Object.freeze(
    items.map((item, index) => decodeField(run, field.item, item, [...path, String(index)])),
  )
}

/** The items of a list, of a text with commas, or of an object with the keys 1, 2, 3 … */
function itemsOf(field: ListSpec, node: HoconNode): readonly HoconNode[] | undefined {
  if (node.kind === 'array') return node.items
  if (node.kind === 'scalar') {
    if (field.commaSeparated !== true) return undefined
    const words = node.text.split(',').map((word) => word.trim())
    return words.filter((word) => word !== '').map((word) => fromPlain(word, node.at))
  }
  if (!isNumbered(node)) return undefined
  return [...node.fields].toSorted(([a], [b]) => Number(a) - Number(b)).map(([, item]) => item)
}

function isNumbered({ fields }: HoconNode & { readonly kind: 'object' }): boolean {
  return fields.size > 0 && [...fields.keys()].every((key) => /^[1-9]\d{0,5}$/.test(key))
}

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g

function interpolate(
  run: Run,
  field: StringSpec,
  text: string,
  path: readonly string[],
  node: HoconNode,
): string {
  return text.replaceAll(VARIABLE, (whole: string, name: string) => {
    const value = run.options.env?.[name] ?? FOLDERS[name]
    if (value !== undefined) return value
    fail(run, path, node, `${whole} is not set in the environment (${field.text})`)
    return whole
  })
}

/** Folders that files refer to, when the environment does not name them. */
const FOLDERS: Readonly<Record<string, string>> = {
  EMQX_ETC_DIR: 'etc',
  EMQX_LOG_DIR: 'log',
  TIDEWAY_ETC_DIR: 'etc',
  TIDEWAY_LOG_DIR: 'log',
}
