/** Pieces that many operations share. */
import { Type } from 'typebox'
import type { Static, TProperties, TSchema } from 'typebox'

export const API_PREFIX = '/api/v5'
export const PAGE_LIMIT_MAX = 10_000
export const PAGE_LIMIT_DEFAULT = 100

/** Body of every failure. `message` says what was wrong, where, and what to do. */
export const ErrorBody = Type.Object({
  code: Type.String({ description: 'Kind of the failure, in capitals.' }),
  message: Type.String({ description: 'What was wrong, where, and what to do.' }),
})

/** An object that has no other fields than these. */
export function closed<P extends TProperties>(properties: P, description?: string) {
  const options = description === undefined ? {} : { description }
  return Type.Object(properties, { ...options, additionalProperties: false })
}

/** One of some words. */
export function oneOf<const W extends readonly string[]>(words: W, description?: string) {
  const options = description === undefined ? {} : { description }
  // A JSON Schema `enum` reads better in documents than a union of constants.
  return Type.Unsafe<W[number]>({ type: 'string', enum: [...words], ...options })
}

/** `page` and `limit`, or `cursor` and `limit`. */
export const pageQuery = {
  page: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Number of the page, from 1.' }),
  ),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: PAGE_LIMIT_MAX,
      default: PAGE_LIMIT_DEFAULT,
      description: 'Entries on a page.',
    }),
  ),
  cursor: Type.Optional(
    Type.String({
      maxLength: 1000,
      description:
        'Where to go on: `meta.cursor` of the page before. In place of `page`; what comes and ' +
        'goes meanwhile moves nothing else.',
    }),
  ),
}

export const PageMeta = Type.Object({
  page: Type.Optional(Type.Integer()),
  limit: Type.Integer(),
  count: Type.Optional(
    Type.Integer({ description: 'All entries that match; absent when that is not known.' }),
  ),
  hasnext: Type.Boolean({ description: 'Whether more follows.' }),
  cursor: Type.Optional(Type.String({ description: 'Asks for what follows.' })),
})
export type PageMeta = Static<typeof PageMeta>

/** A page of a list. */
export function pageOf<S extends TSchema>(item: S) {
  return Type.Object({ data: Type.Array(item), meta: PageMeta })
}

/** A time as replies give it. */
export const Timestamp = Type.String({ format: 'date-time', description: 'RFC 3339.' })

/** A time as requests may give it: RFC 3339, or a number since the epoch. */
export const TimeInput = Type.String({
  maxLength: 64,
  description: 'RFC 3339, or milliseconds since 1970.',
})

/** Topic, filter, client id: anything up to the limit of MQTT. */
export function mqttText(description: string) {
  return Type.String({ minLength: 1, maxLength: 65_535, description })
}

export const Qos = Type.Unsafe<0 | 1 | 2>({ type: 'integer', enum: [0, 1, 2] })
export const Bit = Type.Unsafe<0 | 1>({ type: 'integer', enum: [0, 1] })

/** A name in a path. */
export function pathText<const N extends string>(name: N, description: string) {
  const part = Type.String({ minLength: 1, maxLength: 65_535, description })
  // The computed key has just this name.
  return Type.Object({ [name]: part } as { [K in N]: typeof part })
}
