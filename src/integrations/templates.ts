import { DriverError } from '#drivers/driver-error.ts'
import type { Value, ValueMap } from '#plugin/value.ts'
import { compileTemplate } from '#streams/rules/template.ts'
import type { Template } from '#streams/rules/template.ts'
import { encodeJson } from '#streams/values/json.ts'
import { toText } from '#streams/values/to-text.ts'

/** Segments that servers take for a way up, as WHATWG URL has them. */
const DOTS = /^(?:\.|%2e){1,2}$/i

/**
 * Compiles path and query of an address. A value is one segment of the path, or a part of one; in
 * the query it may have slashes. Its text throws a DriverError when values make it lead upwards.
 */
export function pathTemplate(source: string): Template {
  const [front = '', ...query] = source.split(/(?=\?)/)
  const pathOf = compileTemplate(front, encodeText)
  const queryOf = compileTemplate(query.join(''), (value) =>
    encodeText(value).replaceAll('%2F', '/'),
  )
  const text = (record: ValueMap): string => {
    const path = pathOf.text(record)
    if (path.split('/').some((segment) => DOTS.test(segment))) {
      throw new DriverError('fatal', `the path ${JSON.stringify(path)} has a segment of dots`)
    }
    return path + queryOf.text(record)
  }
  return { text, value: text }
}

function encodeText(value: Value): string {
  // Half of a surrogate pair cannot be encoded.
  return encodeURIComponent(toText(value).toWellFormed())
}

/** What a record is sent as: by its template, or without one as JSON. Bytes stay bytes. */
export function bodyOf(template: Template | undefined, record: ValueMap): string | Buffer {
  if (template === undefined) return encodeJson(record)
  const value = template.value(record)
  return Buffer.isBuffer(value) ? value : template.text(record)
}
