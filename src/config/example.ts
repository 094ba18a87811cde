/** The annotated example file: every key with its text and default, all commented out. */
import { describe, formatLimit } from './decode-scalar.ts'
import type { Field, FieldSpec, RawValue } from './field.ts'
import { printPath, printValue } from './hocon/print.ts'

const LINE_LENGTH_MAX = 96

/** The file. It sets nothing: taking off one `#` sets one key (to its default, if it has one). */
export function exampleText(root: Field): string {
  const lines: string[] = []
  if (root.kind === 'object') {
    for (const [key, field] of Object.entries(root.fields)) write(lines, field, [key])
  }
  return `${lines.join('\n')}\n`
}

function write(lines: string[], field: FieldSpec, path: readonly string[]): void {
  const heading = field.kind === 'object' || field.kind === 'map'
  if (path.length === 1 && heading) lines.push(...title(path[0] ?? '', field.text))
  if (field.kind === 'object') {
    for (const [key, child] of Object.entries(field.fields)) write(lines, child, [...path, key])
    return
  }
  if (field.kind === 'map' && field.value.kind === 'object') {
    // A name that stands for any; where an entry exists by default, that one.
    write(lines, field.value, [...path, field.keyLabel === 'name' ? 'default' : 'example'])
    return
  }
  for (const line of wrap(`${field.text} Takes ${form(field)}.`)) lines.push(`## ${line}`)
  const value = field.default ?? field.example ?? placeholder(field)
  const printed = printValue(value).split('\n')
  lines.push(`# ${printPath(path)} = ${printed[0] ?? ''}`)
  for (const line of printed.slice(1)) lines.push(`# ${line}`)
  lines.push('')
}

function title(key: string, text: string): readonly string[] {
  const rule = '#'.repeat(LINE_LENGTH_MAX)
  return [rule, ...wrap(`${key}: ${text}`).map((line) => `## ${line}`), rule, '']
}

function form(field: FieldSpec): string {
  const limits: string[] = []
  if ('min' in field && field.min !== undefined) {
    limits.push(`at least ${formatLimit(field, field.min)}`)
  }
  if ('max' in field && field.max !== undefined) {
    limits.push(`at most ${formatLimit(field, field.max)}`)
  }
  return [describe(field).replaceAll('`', ''), ...limits].join(', ')
}

function placeholder(field: FieldSpec): RawValue {
  if (field.kind === 'oneOf') return field.values[0] ?? ''
  return field.kind === 'list' ? [] : field.kind === 'map' ? {} : ''
}

function wrap(text: string): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.replaceAll('`', '').split(' ')) {
    if (line !== '' && line.length + 1 + word.length > LINE_LENGTH_MAX - 3) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}
