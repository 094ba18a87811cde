import type { FunctionContext, FunctionServices } from '#plugin/define-function.ts'
import { getKey, isMap } from '#plugin/value.ts'
import type { MutableValueMap, Value, ValueMap } from '#plugin/value.ts'
import { decodeJson } from '../values/json.ts'

/** One record as a statement sees it. Columns are made when they are asked for. */
export interface Row {
  /** Undefined when there is none of this name. */
  column(name: string): Value
  /**
   * The column `payload` as values: text and bytes are decoded as JSON, once for all who ask.
   * @throws EvaluationError when they are no JSON
   */
  payloadValue(): Value
  /** All columns, in a map of the caller's own. */
  toMap(): MutableValueMap
}

/** Why a statement failed for a record. */
export class EvaluationError extends Error {
  /** Name of the kind of failure, as EMQX logs it. */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'EvaluationError'
    this.code = code
  }
}

/**
 * Decodes a payload for paths into it.
 * @throws EvaluationError when it is no JSON
 */
export function decodePayload(payload: Value): Value {
  if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload
  const text = typeof payload === 'string' ? payload : payload.toString('utf8')
  try {
    return decodeJson(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new EvaluationError('decode_json_failed', `the payload is no JSON: ${why}`)
  }
}

/** A record given as a map: samples of tests, and what comes from other sources. */
export class MapRow implements Row {
  readonly #columns: ValueMap
  #payload: Value
  #isDecoded = false

  constructor(columns: ValueMap) {
    this.#columns = columns
  }

  column(name: string): Value {
    return getKey(this.#columns, name)
  }

  payloadValue(): Value {
    if (!this.#isDecoded) {
      this.#payload = decodePayload(this.column('payload'))
      this.#isDecoded = true
    }
    return this.#payload
  }

  toMap(): MutableValueMap {
    return { ...this.#columns }
  }
}

/** Where names are looked up while a statement runs. Plain fields: hot. */
export class Scope implements FunctionContext {
  readonly row: Row
  readonly services: FunctionServices
  /** What the list under way has selected so far. */
  output: MutableValueMap
  /** Helpers and the element of FOREACH. */
  bindings: MutableValueMap

  constructor(row: Row, services: FunctionServices, bindings: MutableValueMap) {
    this.row = row
    this.services = services
    this.output = {}
    this.bindings = bindings
  }

  column(name: string): Value {
    return this.row.column(name)
  }
}

/** What is at a key of any value: of maps, and of text or bytes that are JSON of a map. */
export function memberOf(value: Value, key: string): Value {
  if (value === undefined || value === null) return undefined
  if (isMap(value)) return getKey(value, key)
  const inside = decodeText(value)
  return isMap(inside) ? getKey(inside, key) : undefined
}

/** The value that text or bytes are JSON of; other values as they are, undefined if it is none. */
export function decodeText(value: Value): Value {
  if (typeof value !== 'string' && !Buffer.isBuffer(value)) return value
  try {
    return decodeJson(value.toString())
  } catch {
    return undefined
  }
}
