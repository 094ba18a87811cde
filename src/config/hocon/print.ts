/** Values to text that reads back as the same values, in the order of the keys. */
import { fromPlain } from './value.ts'
import type { HoconNode, ObjectNode, Plain, ScalarNode } from './value.ts'

export interface PrintOptions {
  /** Lines of comment above a key, without `#`. */
  readonly commentOf?: (path: readonly string[]) => readonly string[]
}

const INDENT = '  '
/** A list is written on one line up to this many characters. */
const LINE_LENGTH_MAX = 80
const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]*$/
const PLAIN_WORD = /^(?:[A-Za-z_][A-Za-z0-9_-]*|\d+(?:ms|s|m|h|d|KB|MB|GB|TB|%))$/
const TYPED_WORDS: ReadonlySet<string> = new Set(['true', 'false', 'null', 'include'])

/** Prints a document: the keys of an object, without outer braces, ending with a line end. */
export function printHocon(value: Plain | ObjectNode, options: PrintOptions = {}): string {
  const root = isNode(value) ? value : fromPlain(value, { source: '', line: 0, column: 0 })
  if (root.kind !== 'object') throw new TypeError('only an object can be a document')
  return fieldLines(root, [], options).join('\n') + (root.fields.size > 0 ? '\n' : '')
}

/** Prints one value as it stands after `key = `; later lines are indented by `depth` steps. */
export function printValue(value: Plain, depth = 0): string {
  const node = fromPlain(value, { source: '', line: 0, column: 0 })
  return valueText(
    node,
    Array.from({ length: depth }, () => ''),
    {},
  )
}

/** Prints a path: elements with other characters than letters, digits, `_`, `-` are quoted. */
export function printPath(path: readonly string[]): string {
  return path.map(keyText).join('.')
}

function isNode(value: Plain | ObjectNode): value is ObjectNode {
  return value instanceof Object && 'fields' in value && value.fields instanceof Map
}

function keyText(key: string): string {
  return PLAIN_KEY.test(key) && key !== 'include' ? key : JSON.stringify(key)
}

function fieldLines(
  node: ObjectNode,
  path: readonly string[],
  options: PrintOptions,
): readonly string[] {
  const indent = INDENT.repeat(path.length)
  const lines: string[] = []
  for (const [key, child] of node.fields) {
    const below = [...path, key]
    for (const line of options.commentOf?.(below) ?? []) {
      lines.push(line === '' ? `${indent}#` : `${indent}# ${line}`)
    }
    const operator = child.kind === 'object' ? '' : '= '
    lines.push(`${indent}${keyText(key)} ${operator}${valueText(child, below, options)}`)
  }
  return lines
}

function valueText(node: HoconNode, path: readonly string[], options: PrintOptions): string {
  const indent = INDENT.repeat(Math.max(0, path.length - 1))
  if (node.kind === 'scalar') return scalarText(node, indent)
  if (node.kind === 'object') {
    if (node.fields.size === 0) return '{}'
    return `{\n${fieldLines(node, path, options).join('\n')}\n${indent}}`
  }
  const items = node.items.map((item) => valueText(item, [...path, ''], options))
  const line = `[${items.join(', ')}]`
  if (!line.includes('\n') && line.length <= LINE_LENGTH_MAX) return line
  return `[\n${items.map((item) => `${indent}${INDENT}${item}`).join(',\n')}\n${indent}]`
}

function scalarText(node: ScalarNode, indent: string): string {
  const { value } = node
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be written`)
    return Object.is(value, -0) ? '-0' : String(value)
  }
  if (typeof value !== 'string') return String(value)
  if (PLAIN_WORD.test(value) && !TYPED_WORDS.has(value)) return value
  return multiLineText(value, indent) ?? JSON.stringify(value)
}

/** The indented form of a text of several lines, where it reads back as the same text. */
function multiLineText(text: string, indent: string): string | undefined {
  if (!text.includes('\n') || text.includes('"""')) return undefined
  if (/[\u0000-\u0008\u000B-\u001F\u007F\uD800-\uDFFF]/.test(text)) return undefined
  const lines = text.split('\n')
  const filled = lines.filter((line) => line !== '')
  // A line of spaces only, or a common indentation of the text itself, would get lost.
  if (filled.some((line) => /^\s+$/.test(line))) return undefined
  if (filled.length > 0 && filled.every((line) => line.startsWith(' '))) return undefined
  const inner = indent + INDENT
  const last = lines.length - 1
  const shown = lines.map((line, index) => {
    if (line === '') return index === last ? indent : ''
    return inner + line
  })
  return `"""~\n${shown.join('\n')}~"""`
}
