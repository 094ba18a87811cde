import type { Schema } from '#plugin/define-function.ts'
import type { Value } from '#plugin/value.ts'
import { decodeJson, encodeJson } from '../values/json.ts'
import { loadJsonSchema } from './schema-libraries.ts'
import { reasonOf, SchemaError } from './schema-spec.ts'

/** Findings that an error tells. */
const FINDINGS_MAX = 5

/**
 * A JSON Schema, of any draft from 3 to 2020-12: what it encodes and decodes is JSON that fits it.
 * @throws SchemaError when it is none
 */
export function makeJsonSchema(source: string): Schema {
  const written = parse(source)
  const checker = loadJsonSchema().Compile(written)
  const check = (text: string): void => {
    const value: unknown = JSON.parse(text)
    if (checker.Check(value)) return
    const [, errors] = checker.Errors(value)
    const findings = errors.slice(0, FINDINGS_MAX).map(({ instancePath, message }) => {
      return `${instancePath === '' ? 'the value' : instancePath} ${message}`
    })
    throw new SchemaError(findings.join('; '))
  }
  return {
    decode(bytes): Value {
      const text = bytes.toString('utf8')
      try {
        check(text)
      } catch (error) {
        if (error instanceof SyntaxError) throw new SchemaError(`no JSON: ${error.message}`)
        throw error
      }
      return decodeJson(text)
    },
    encode(value) {
      const text = encodeJson(value)
      check(text)
      return Buffer.from(text)
    },
  }
}

function parse(source: string): object {
  let written: unknown
  try {
    written = JSON.parse(source)
  } catch (error) {
    throw new SchemaError(`the schema is no JSON: ${reasonOf(error)}`)
  }
  if (typeof written === 'object' && written !== null && !Array.isArray(written)) return written
  throw new SchemaError('a JSON Schema is a JSON object')
}
