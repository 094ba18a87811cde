/**
 * Includes and substitutions: from the written form to values.
 *
 * Every path has a list of *pieces*, the values written for it in order. A substitution looks up
 * the pieces of its path in the whole document; one that (directly or not) asks for the path it
 * stands in sees only the pieces before it, which is what makes `path = ${path} [x]` work. What
 * the document does not define is looked up in the environment. Nothing is evaluated that a
 * later value hides.
 */
import { SOURCE_LENGTH_MAX } from './lexer.ts'
import { parseSyntax } from './parser.ts'
import type {
  ConcatSyntax,
  IncludeSyntax,
  ObjectSyntax,
  SubstitutionSyntax,
  ValueSyntax,
} from './syntax.ts'
import { emptyObject, HoconError, mergeNodes, textNode, wordNode } from './value.ts'
import type { HoconNode, ObjectNode, Position } from './value.ts'

/** Files included by files included … */
export const INCLUDE_DEPTH_MAX = 16
/** Files included by one document altogether. */
export const INCLUDES_MAX = 256
/** Substitutions that lead to substitutions … */
export const SUBSTITUTION_DEPTH_MAX = 64
/** Values evaluated for one document: ends texts that double themselves again and again. */
export const EVALUATIONS_MAX = 500_000

/** A file that an include names, or undefined when there is none. May throw. */
export type ReadInclude = (name: string, from: string) => IncludedFile | undefined

export interface IncludedFile {
  /** Name for positions and for the includes of the file itself. */
  readonly source: string
  readonly text: string
}

export interface ResolveOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly readInclude?: ReadInclude
}

export interface Resolved {
  readonly root: ObjectNode
  /** Includes without `required(…)` whose file does not exist. */
  readonly warnings: readonly HoconError[]
}

interface Scope {
  /** Where the file was included: its substitutions are looked up below this path first. */
  readonly prefix: readonly string[]
  readonly depth: number
}

interface Piece {
  /** Keys between the path of the list and the value. */
  readonly rest: readonly string[]
  readonly value: ValueSyntax
  readonly append: boolean
  readonly scope: Scope
}

interface Included {
  readonly syntax: ObjectSyntax
  readonly scope: Scope
}

/** A value under evaluation, and what the pieces before it gave. */
interface Active {
  readonly value: ValueSyntax
  readonly prior: HoconNode | undefined
}

interface Run {
  readonly options: ResolveOptions
  readonly roots: readonly Piece[]
  readonly warnings: HoconError[]
  readonly includes: Map<IncludeSyntax, Included | undefined>
  /** Substitutions made for the children of written ones, one object each. */
  readonly derived: Map<SubstitutionSyntax, Map<string, SubstitutionSyntax>>
  /** For each path under evaluation, what is being evaluated, innermost last. */
  readonly active: Map<string, Active[]>
  /** The pieces below each object literal, by key: looked up once for every substitution. */
  readonly below: Map<ObjectSyntax, ReadonlyMap<string, readonly Piece[]>>
  /** Substitutions under evaluation. */
  readonly open: Set<SubstitutionSyntax>
  evaluations: number
}

/** Resolves documents laid over each other in order. Throws HoconError. */
export function resolveSyntax(
  documents: readonly ObjectSyntax[],
  options: ResolveOptions = {},
): Resolved {
  const scope = { prefix: [], depth: 0 }
  const run: Run = {
    options,
    roots: documents.map((value) => ({ rest: [], value, append: false, scope })),
    warnings: [],
    includes: new Map(),
    derived: new Map(),
    active: new Map(),
    below: new Map(),
    open: new Set(),
    evaluations: 0,
  }
  const nowhere = { source: '', line: 0, column: 0 }
  const root = evaluatePieces(run, run.roots, [])
  return {
    root: root?.kind === 'object' ? root : emptyObject(documents[0]?.at ?? nowhere),
    warnings: run.warnings,
  }
}

/** Resolves one value that stands alone. Throws HoconError. */
export function resolveValue(value: ValueSyntax, options: ResolveOptions = {}): HoconNode {
  const { at, start, end } = value
  const entry = { kind: 'field', path: ['value'], append: false, keyEnd: 0, value } as const
  const field = { ...entry, at, start, end }
  const document: ObjectSyntax = {
    kind: 'object',
    entries: [field],
    braces: false,
    at,
    start,
    end,
  }
  const resolved = resolveSyntax([document], options).root.fields.get('value')
  return resolved ?? { kind: 'scalar', value: null, text: 'null', at }
}

/** Parses and resolves one text. Throws HoconError. */
export function parseHocon(text: string, source: string, options: ResolveOptions = {}): ObjectNode {
  return resolveSyntax([parseSyntax(text, source)], options).root
}

function keyOf(path: readonly string[]): string {
  return JSON.stringify(path)
}

/** What a piece is for its children: a group of keys, a reference, or an end of the path. */
type Shape = 'object' | 'open' | 'closed'

function shapeOf(piece: Piece): Shape {
  if (piece.append) return 'open'
  if (piece.rest.length > 0) return 'object'
  const { value } = piece
  if (value.kind === 'object') return 'object'
  if (value.kind === 'substitution') return 'open'
  if (value.kind === 'concat') {
    const words = value.parts.some((part) => part.kind === 'text' && !part.space)
    const arrays = value.parts.some((part) => part.kind === 'array')
    const references = value.parts.some((part) => part.kind === 'substitution')
    return words || (arrays && !references) ? 'closed' : 'open'
  }
  return 'closed'
}

/** Drops the pieces that a later one hides whatever it evaluates to. */
function visible(pieces: readonly Piece[]): readonly Piece[] {
  const last = pieces.findLastIndex((piece) => shapeOf(piece) === 'closed')
  if (last <= 0) return pieces
  return pieces.slice(last)
}

function evaluatePieces(
  run: Run,
  pieces: readonly Piece[],
  path: readonly string[],
): HoconNode | undefined {
  const shown = visible(pieces)
  if (shown.every((piece) => shapeOf(piece) === 'object')) return objectOf(run, shown, path)
  let result: HoconNode | undefined
  for (const piece of shown) {
    const active = { value: piece.value, prior: result }
    const value = withActive(run, path, active, () => evaluatePiece(run, piece, path, active.prior))
    if (value !== undefined) result = mergeNodes(result, value)
  }
  return result
}

function withActive<T>(run: Run, path: readonly string[], active: Active, body: () => T): T {
  const key = keyOf(path)
  const stack = run.active.get(key) ?? []
  run.active.set(key, stack)
  stack.push(active)
  try {
    return body()
  } finally {
    stack.pop()
    if (stack.length === 0) run.active.delete(key)
  }
}

function evaluatePiece(
  run: Run,
  piece: Piece,
  path: readonly string[],
  prior: HoconNode | undefined,
): HoconNode | undefined {
  if (shapeOf(piece) === 'object') return objectOf(run, [piece], path)
  const value = evaluate(run, piece.value, piece.scope, path)
  if (!piece.append) return value
  if (prior !== undefined && prior.kind !== 'array') {
    throw new HoconError('`+=` needs a list before it', piece.value.at)
  }
  const added = value === undefined ? [] : [value]
  return { kind: 'array', items: [...(prior?.items ?? []), ...added], at: piece.value.at }
}

/** The object that pieces with keys make together; each key is evaluated once. */
function objectOf(
  run: Run,
  pieces: readonly Piece[],
  path: readonly string[],
): ObjectNode | undefined {
  const [first] = pieces
  if (first === undefined) return undefined
  const lists = new Map<string, Piece[]>()
  for (const piece of pieces) collect(run, piece, path, lists)
  const fields = new Map<string, HoconNode>()
  for (const [key, list] of lists) {
    const value = evaluatePieces(run, list, [...path, key])
    if (value !== undefined) fields.set(key, value)
  }
  return { kind: 'object', fields, at: first.value.at }
}

/** Adds the pieces of every child of `piece` to `lists`. */
function collect(
  run: Run,
  piece: Piece,
  path: readonly string[],
  lists: Map<string, Piece[]>,
): void {
  const [key, ...rest] = piece.rest
  if (key !== undefined) {
    add(lists, key, { ...piece, rest })
    return
  }
  if (piece.value.kind !== 'object') return
  for (const entry of piece.value.entries) {
    if (entry.kind === 'include') {
      const file = include(run, entry, piece.scope, path)
      if (file === undefined) continue
      const { syntax, scope } = file
      collect(run, { rest: [], value: syntax, append: false, scope }, path, lists)
    } else {
      const [name = '', ...below] = entry.path
      const { value, append } = entry
      add(lists, name, { rest: below, value, append, scope: piece.scope })
    }
  }
}

function add(lists: Map<string, Piece[]>, key: string, piece: Piece): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [piece])
  else list.push(piece)
}

function include(
  run: Run,
  entry: IncludeSyntax,
  scope: Scope,
  path: readonly string[],
): Included | undefined {
  if (run.includes.has(entry)) return run.includes.get(entry)
  if (scope.depth >= INCLUDE_DEPTH_MAX) {
    throw new HoconError(`files may include each other ${INCLUDE_DEPTH_MAX} deep`, entry.at)
  }
  if (run.includes.size >= INCLUDES_MAX) {
    throw new HoconError(`at most ${INCLUDES_MAX} files may be included`, entry.at)
  }
  const file = readInclude(run, entry)
  if (file === undefined) {
    const missing = new HoconError(
      `included file ${JSON.stringify(entry.name)} not found`,
      entry.at,
    )
    if (entry.required) throw missing
    run.warnings.push(missing)
  }
  const included =
    file === undefined
      ? undefined
      : {
          syntax: parseSyntax(file.text, file.source),
          scope: { prefix: path, depth: scope.depth + 1 },
        }
  run.includes.set(entry, included)
  return included
}

function readInclude(run: Run, entry: IncludeSyntax): IncludedFile | undefined {
  try {
    return run.options.readInclude?.(entry.name, entry.at.source)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new HoconError(`included file ${JSON.stringify(entry.name)}: ${reason}`, entry.at)
  }
}

function evaluate(
  run: Run,
  value: ValueSyntax,
  scope: Scope,
  path: readonly string[],
): HoconNode | undefined {
  run.evaluations += 1
  if (run.evaluations > EVALUATIONS_MAX) {
    throw new HoconError(`more than ${EVALUATIONS_MAX} values: substitutions grow`, value.at)
  }
  switch (value.kind) {
    case 'text':
      return value.quoted ? textNode(value.text, value.at) : wordNode(value.text, value.at)
    case 'array': {
      const items = value.items.map((item, index) =>
        evaluate(run, item, scope, [...path, String(index)]),
      )
      return { kind: 'array', items: items.filter((item) => item !== undefined), at: value.at }
    }
    case 'object':
      return objectOf(run, [{ rest: [], value, append: false, scope }], path)
    case 'substitution':
      return substitute(run, value, scope)
    case 'concat':
      return concatenate(run, value, scope, path)
  }
}

function concatenate(
  run: Run,
  concat: ConcatSyntax,
  scope: Scope,
  path: readonly string[],
): HoconNode | undefined {
  const { at } = concat
  const parts = concat.parts.map((syntax) => ({ syntax, node: evaluate(run, syntax, scope, path) }))
  const present = parts.filter(({ syntax, node }) => node !== undefined && !isSpace(syntax))
  const kinds = new Set(present.map(({ node }) => node?.kind))
  if (kinds.size === 0) return undefined
  if (kinds.size > 1) {
    const names = [...kinds].map((kind) => KIND_NAMES[kind ?? 'scalar'])
    throw new HoconError(`cannot join ${names.join(' and ')}`, at)
  }
  if (kinds.has('scalar')) {
    const words = parts.map(({ node }) => (node?.kind === 'scalar' ? node.text : ''))
    const length = words.reduce((sum, word) => sum + word.length, 0)
    if (length > SOURCE_LENGTH_MAX) {
      throw new HoconError(`text grows beyond ${SOURCE_LENGTH_MAX} characters`, at)
    }
    return textNode(words.join(''), at)
  }
  let result: HoconNode | undefined
  for (const { node } of present) {
    if (node === undefined) continue
    if (result?.kind === 'array' && node.kind === 'array') {
      result = { kind: 'array', items: [...result.items, ...node.items], at }
    } else {
      result = mergeNodes(result, node)
    }
  }
  return result
}

const KIND_NAMES = { scalar: 'text', array: 'a list', object: 'an object' } as const

function isSpace(syntax: ValueSyntax): boolean {
  return syntax.kind === 'text' && syntax.space
}

function substitute(
  run: Run,
  substitution: SubstitutionSyntax,
  scope: Scope,
): HoconNode | undefined {
  const { path, at } = substitution
  if (run.open.size >= SUBSTITUTION_DEPTH_MAX) {
    throw new HoconError(`substitutions may lead ${SUBSTITUTION_DEPTH_MAX} deep`, at)
  }
  // Asked for while it is being answered: there is nothing to find in this direction.
  const again = run.open.has(substitution)
  run.open.add(substitution)
  try {
    const found = again ? undefined : find(run, path, scope, at)
    if (found === undefined && !substitution.optional) {
      const name = path.join('.')
      const reason = again
        ? 'leads back to itself'
        : `is not defined (use \`\${?${name}}\` if it may be)`
      throw new HoconError(`\`\${${name}}\` ${reason}`, at)
    }
    return found?.kind === 'scalar' ? { ...found, at } : found
  } finally {
    if (!again) run.open.delete(substitution)
  }
}

function find(
  run: Run,
  path: readonly string[],
  scope: Scope,
  at: Position,
): HoconNode | undefined {
  const near = scope.prefix.length > 0 ? lookup(run, [...scope.prefix, ...path]) : undefined
  return near ?? lookup(run, path) ?? fromEnvironment(run, path, at)
}

function fromEnvironment(run: Run, path: readonly string[], at: Position): HoconNode | undefined {
  const text = run.options.env?.[path.join('.')]
  return text === undefined ? undefined : textNode(text, at)
}

function lookup(run: Run, path: readonly string[]): HoconNode | undefined {
  let pieces: readonly Piece[] = run.roots
  for (const [index, key] of path.entries()) {
    const under = path.slice(0, index)
    pieces = childPieces(run, visible(pieces), under, key)
    if (pieces.length === 0) return undefined
  }
  const active = run.active.get(keyOf(path))?.at(-1)
  const cut = pieces.findIndex((piece) => piece.value === active?.value)
  if (cut < 0) return evaluatePieces(run, pieces, path)
  // The pieces before were evaluated just now, unless the value hides them.
  return active?.prior ?? evaluatePieces(run, pieces.slice(0, cut), path)
}

/** The pieces of `key` below each of the pieces of `path`. */
function childPieces(
  run: Run,
  pieces: readonly Piece[],
  path: readonly string[],
  key: string,
): readonly Piece[] {
  const children: Piece[] = []
  for (const piece of pieces) {
    if (shapeOf(piece) === 'object') {
      for (const child of piecesBelow(run, piece, path).get(key) ?? []) children.push(child)
      continue
    }
    if (piece.append) continue
    const parts = piece.value.kind === 'concat' ? piece.value.parts : [piece.value]
    for (const part of parts) {
      if (part.kind === 'substitution') {
        // `a = ${a.x}` is no help in finding `a.x`.
        if (run.open.has(part) && isWithin(part.path, path)) continue
        children.push({
          rest: [],
          value: derive(run, part, key),
          append: false,
          scope: piece.scope,
        })
      } else if (part.kind === 'object') {
        const inner = { rest: [], value: part, append: false, scope: piece.scope }
        for (const child of childPieces(run, [inner], path, key)) children.push(child)
      }
    }
  }
  return children
}

function piecesBelow(
  run: Run,
  piece: Piece,
  path: readonly string[],
): ReadonlyMap<string, readonly Piece[]> {
  const { value } = piece
  const known = value.kind === 'object' && piece.rest.length === 0
  const cached = known ? run.below.get(value) : undefined
  if (cached !== undefined) return cached
  const lists = new Map<string, Piece[]>()
  collect(run, piece, path, lists)
  if (known) run.below.set(value, lists)
  return lists
}

function isWithin(path: readonly string[], outer: readonly string[]): boolean {
  return outer.every((key, index) => path[index] === key)
}

/** The substitution that asks for `key` below what another one asks for. */
function derive(run: Run, parent: SubstitutionSyntax, key: string): SubstitutionSyntax {
  const known = run.derived.get(parent) ?? new Map<string, SubstitutionSyntax>()
  run.derived.set(parent, known)
  const derived = known.get(key) ?? { ...parent, path: [...parent.path, key], optional: true }
  known.set(key, derived)
  return derived
}
