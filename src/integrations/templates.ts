import { encodeJson } from '#streams/values/json.ts'
import { toText } from '#streams/values/to-text.ts'
import type { ValueMap } from '#plugin/value.ts'
import { compileTemplate } from '#streams/rules/template.ts'
import type { Template } from '#streams/rules/template.ts'

/** A template of a path: values cannot begin a query or end the address, but may have slashes. */
export function pathTemplate(source: string): Template {
  return compileTemplate(source, (value) =>
    encodeURIComponent(toText(value)).replaceAll('%2F', '/'),
  )
}

/** What a record is sent as: by its template, or without one as JSON. Bytes stay bytes. */
export function bodyOf(template: Template | undefined, record: ValueMap): string | Buffer {
  if (template === undefined) return encodeJson(record)
  const value = template.value(record)
  return Buffer.isBuffer(value) ? value : template.text(record)
}
