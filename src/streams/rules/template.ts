import type { Value, ValueMap } from '#plugin/value.ts'
import { encodeJson } from '../values/json.ts'
import { toText } from '../values/to-text.ts'
import { memberOf } from '../sql/row.ts'

/** `${…}` with what may stand inside; keys with special characters stand in single quotes. */
const PLACEHOLDER = /\$\{(\$|[A-Za-z0-9_.-]*(?:\.'[^'}]*'[A-Za-z0-9_.-]*)*)\}/g
/** A key with or without quotes. */
const KEY = /'([^']*)'|([^.']+)/g

/** A text with `${…}` places, compiled. */
export interface Template {
  /** The text for an output; what is missing reads `undefined`. */
  text(output: ValueMap): string
  /** As `text`, but a template that is one place and nothing else gives the value itself. */
  value(output: ValueMap): Value
}

type Part = string | ((output: ValueMap) => Value)

/**
 * Compiles a template: `${a.b}` is a part of the output, `${.}` all of it as JSON, `${$}` a dollar
 * sign. What looks otherwise stands for itself.
 * @param show how a value is written in the text
 */
export function compileTemplate(source: string, show: (value: Value) => string = toText): Template {
  const parts = partsOf(source)
  const [only] = parts
  if (parts.length === 1 && typeof only === 'function') {
    return { value: only, text: (output) => show(only(output)) }
  }
  const text = (output: ValueMap): string => {
    let joined = ''
    for (const part of parts) joined += typeof part === 'string' ? part : show(part(output))
    return joined
  }
  return { text, value: text }
}

function partsOf(source: string): readonly Part[] {
  const parts: Part[] = []
  let end = 0
  for (const match of source.matchAll(PLACEHOLDER)) {
    if (match.index > end) parts.push(source.slice(end, match.index))
    parts.push(partOf(match[1] ?? ''))
    end = match.index + match[0].length
  }
  if (end < source.length) parts.push(source.slice(end))
  return parts
}

function partOf(path: string): Part {
  if (path === '$') return '$'
  const keys = [...path.matchAll(KEY)].map(([, quoted, plain]) => quoted ?? plain ?? '')
  const [root, ...steps] = keys
  if (root === undefined) return (output) => encodeJson(output)
  if (steps.length === 0) return (output) => memberOf(output, root)
  return (output) => {
    let value = memberOf(output, root)
    for (const step of steps) value = memberOf(value, step)
    return value
  }
}
