/**
 * Changes single keys in the text of a document and leaves every other character as it was:
 * comments, the order of keys, the way values are written.
 */
import { parseSyntax } from './parser.ts'
import { printPath, printValue } from './print.ts'
import type { EntrySyntax, FieldSyntax, ObjectSyntax } from './syntax.ts'
import type { Plain } from './value.ts'

interface Definition {
  readonly field: FieldSyntax
  /** Whether it writes the path itself, not a key below it. */
  readonly exact: boolean
}

interface Splice {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * Sets the value of a path. The last place that writes the path is changed and earlier ones are
 * removed; a new key goes to the end of the deepest object that is already there. What an
 * included file writes is not seen. Throws HoconError when the text cannot be read.
 */
export function setKey(text: string, path: readonly string[], value: Plain): string {
  const root = parseSyntax(text, '')
  const found = definitions(root, path, 'at-or-below')
  const last = found.findLast(({ exact }) => exact)
  const after = found.slice(last === undefined ? 0 : found.indexOf(last) + 1)
  if (last === undefined || after.length > 0 || shadowed(root, path, last)) {
    return insertKey(removeKey(text, path), path, value)
  }
  const earlier = found.slice(0, found.indexOf(last)).map((other) => removal(text, other))
  return applySplices(text, [...earlier, replacement(text, last.field, value)])
}

/** Removes a path and everything below it. A text without the path is returned unchanged. */
export function removeKey(text: string, path: readonly string[]): string {
  const found = definitions(parseSyntax(text, ''), path, 'at-or-below')
  const outer = found.filter(
    ({ field }) => !found.some((other) => other.field !== field && contains(other.field, field)),
  )
  return applySplices(
    text,
    outer.map((definition) => removal(text, definition)),
  )
}

function contains(outer: FieldSyntax, inner: FieldSyntax): boolean {
  return outer.start <= inner.start && inner.end <= outer.end
}

function applySplices(text: string, splices: readonly Splice[]): string {
  let result = text
  for (const { start, end, text: inserted } of splices.toSorted((a, b) => b.start - a.start)) {
    result = result.slice(0, start) + inserted + result.slice(end)
  }
  return result
}

/** Fields that write `path` itself or a key below it, in the order of the text. */
function definitions(
  node: ObjectSyntax,
  path: readonly string[],
  which: 'at-or-below' | 'above',
): readonly Definition[] {
  const found: Definition[] = []
  for (const entry of node.entries) {
    if (entry.kind !== 'field' || !isPrefix(entry.path, path)) continue
    const rest = path.slice(entry.path.length)
    const below = entry.path.length >= path.length
    if (below === (which === 'at-or-below')) {
      found.push({ field: entry, exact: entry.path.length === path.length })
    }
    if (!below) {
      for (const inner of objectsOf(entry)) found.push(...definitions(inner, rest, which))
    }
  }
  return found
}

/** Whether the shorter of two paths begins the longer one. */
function isPrefix(a: readonly string[], b: readonly string[]): boolean {
  const length = Math.min(a.length, b.length)
  return a.slice(0, length).every((element, index) => element === b[index])
}

function objectsOf(entry: EntrySyntax): readonly ObjectSyntax[] {
  if (entry.kind !== 'field') return []
  if (entry.value.kind === 'object') return [entry.value]
  if (entry.value.kind !== 'concat') return []
  return entry.value.parts.filter((part) => part.kind === 'object')
}

/** Whether something later replaces a group that holds the definition. */
function shadowed(root: ObjectSyntax, path: readonly string[], last: Definition): boolean {
  return definitions(root, path, 'above').some(
    ({ field }) => field.start > last.field.start && objectsOf(field).length === 0,
  )
}

function replacement(text: string, field: FieldSyntax, value: Plain): Splice {
  const depth = Math.floor((indentAt(text, field.start).length + 1) / 2)
  const operator = field.append || field.value.kind === 'object' || !isPlainObject(value)
  const printed = printValue(value, depth + 1)
  if (!operator) return { start: field.value.start, end: field.value.end, text: printed }
  const kept = text.slice(field.keyEnd, field.value.start)
  const assign = isPlainObject(value) ? ' ' : /^\s*[=:]/.test(kept) ? kept : ' = '
  return { start: field.keyEnd, end: field.value.end, text: assign + printed }
}

function isPlainObject(value: Plain): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The spaces that begin the line of an offset. */
function indentAt(text: string, offset: number): string {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1
  return /^[ \t]*/.exec(text.slice(lineStart, offset))?.[0] ?? ''
}

/** Takes out a field: with its line when it stands alone on it, else with one comma. */
function removal(text: string, { field }: Definition): Splice {
  const lineStart = text.lastIndexOf('\n', field.start - 1) + 1
  const after = /^[ \t]*,?[ \t]*(?:(?:#|\/\/)[^\n]*)?(?:\r?\n|$)/.exec(text.slice(field.end))
  if (text.slice(lineStart, field.start).trim() === '' && after !== null) {
    return { start: lineStart, end: field.end + after[0].length, text: '' }
  }
  const comma = /^\s*,[ \t]*/.exec(text.slice(field.end))
  if (comma !== null) return { start: field.start, end: field.end + comma[0].length, text: '' }
  const before = /,?[ \t]*$/.exec(text.slice(0, field.start))?.[0].length ?? 0
  return { start: field.start - before, end: field.end, text: '' }
}

function insertKey(text: string, path: readonly string[], value: Plain): string {
  const root = parseSyntax(text, '')
  let target = root
  let rest = path
  for (;;) {
    const next = lastObject(target, rest)
    if (next === undefined) break
    target = next.object
    rest = next.rest
  }
  const multiLine = target === root || text.slice(target.start, target.end).includes('\n')
  const line = (depth: number) => {
    const operator = isPlainObject(value) ? ' ' : ' = '
    return `${printPath(rest)}${operator}${printValue(value, depth + 1)}`
  }
  if (!multiLine) {
    const comma = target.entries.length > 0 ? ', ' : ' '
    const at = target.entries.at(-1)?.end ?? target.start + 1
    return applySplices(text, [{ start: at, end: at, text: `${comma}${line(0)}` }])
  }
  if (!target.braces) {
    const gap = text === '' || text.endsWith('\n') ? '' : '\n'
    return `${text}${gap}${line(0)}\n`
  }
  const closing = target.end - 1
  const lineStart = text.lastIndexOf('\n', closing - 1) + 1
  const alone = text.slice(lineStart, closing).trim() === ''
  const at = alone ? lineStart : closing
  const first = target.entries[0]
  const inner = first === undefined ? `${indentAt(text, closing)}  ` : indentAt(text, first.start)
  const indented = `${inner}${line(Math.floor(inner.length / 2))}\n`
  return applySplices(text, [{ start: at, end: at, text: alone ? indented : `\n${indented}` }])
}

/** The last object literal that a path leads through, and what is left of the path. */
function lastObject(
  node: ObjectSyntax,
  path: readonly string[],
): { readonly object: ObjectSyntax; readonly rest: readonly string[] } | undefined {
  const through = node.entries.filter(
    (entry): entry is FieldSyntax =>
      entry.kind === 'field' && entry.path.length < path.length && isPrefix(entry.path, path),
  )
  const last = through.at(-1)
  if (last === undefined || last.append || last.value.kind !== 'object') return undefined
  return { object: last.value, rest: path.slice(last.path.length) }
}
