import type { Value, ValueMap } from '#plugin/value.ts'
import { encodeJson } from '../values/json.ts'
import { toText } from '../values/to-text.ts'
import { compileTemplate, type Template } from './template.ts'

/** A text in quotes, or a place. */
const TOKEN = /"(?:[^"\\]|\\.)*"|\$\{[^}"]*\}/g
const ONE_PLACE = /^\s*\$\{[^}"]*\}\s*$/
const PLACE = /\$\{[^}"]*\}/g

/**
 * Compiles a template that is JSON but for its places, so that every text it gives is JSON as well:
 * in quotes, values are escaped; elsewhere what is no JSON becomes text in quotes, and what is
 * missing `null`. No value can add members.
 * @returns undefined when the template is something else
 */
export function compileJsonTemplate(source: string): Template | undefined {
  if (!/^\s*[[{]/.test(source) || !isJson(skeletonOf(source))) return undefined
  const parts: Template[] = []
  let end = 0
  for (const { 0: token, index } of source.matchAll(TOKEN)) {
    if (!token.startsWith('"')) continue
    parts.push(compileTemplate(source.slice(end, index), showOutside))
    parts.push(compileTemplate(token, showInside))
    end = index + token.length
  }
  parts.push(compileTemplate(source.slice(end), showOutside))
  const text = (record: ValueMap): string => parts.map((part) => part.text(record)).join('')
  return { text, value: text }
}

/** Compiles what outputs are sent as; undefined: the whole output as JSON. */
export function bodyTemplate(source: string | undefined): Template | undefined {
  if (source === undefined || source === '') return undefined
  return compileJsonTemplate(source) ?? compileTemplate(source)
}

/**
 * As `bodyTemplate`, for what has to be JSON.
 * @throws Error when it is neither JSON but for its places, nor one place
 */
export function jsonBodyTemplate(source: string | undefined): Template | undefined {
  if (source === undefined || source === '') return undefined
  const template = compileJsonTemplate(source)
  if (template !== undefined) return template
  if (ONE_PLACE.test(source)) return compileTemplate(source)
  const remedy = 'Write JSON with places for values, or one place such as ${payload}'
  throw new Error(`the template ${source.slice(0, 100)} is no JSON. ${remedy}`)
}

/** The template with values that stand for any. */
function skeletonOf(source: string): string {
  return source.replaceAll(TOKEN, (token) => {
    return token.startsWith('"') ? token.replaceAll(PLACE, '') : '0'
  })
}

function showInside(value: Value): string {
  return JSON.stringify(toText(value)).slice(1, -1)
}

function showOutside(value: Value): string {
  if (value === undefined || value === null) return 'null'
  if (typeof value !== 'string' && !Buffer.isBuffer(value)) return encodeJson(value)
  const text = toText(value)
  return isJson(text) ? text : JSON.stringify(text)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
