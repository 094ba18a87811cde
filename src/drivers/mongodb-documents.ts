import type { BSON, Document, MongoBulkWriteError } from 'mongodb'
import { readLibraryError } from './driver-error.ts'

/** A document that was not inserted, by its place. */
export interface RefusedDocument {
  readonly index: number
  readonly reason: string
}

/** Documents that can be inserted, with the places that they had, and those that cannot. */
export interface ReadDocuments {
  readonly documents: readonly Document[]
  readonly places: readonly number[]
  readonly refused: readonly RefusedDocument[]
}

/** Reads documents that are written as extended JSON; others are taken as they are. */
export function readDocuments(
  written: readonly (string | Document)[],
  library: typeof BSON,
): ReadDocuments {
  const documents: Document[] = []
  const places: number[] = []
  const refused: RefusedDocument[] = []
  written.forEach((one, index) => {
    try {
      documents.push(typeof one === 'string' ? parse(one, library) : { ...one })
      places.push(index)
    } catch (error) {
      const reason = `MongoDB: this is no document: ${readLibraryError(error).message}`
      refused.push({ index, reason })
    }
  })
  return { documents, places, refused }
}

function parse(text: string, { EJSON }: typeof BSON): Document {
  const value: unknown = EJSON.parse(text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new Error(`${text.slice(0, 100)} is no JSON object`)
}

/** Documents that the server has refused, of those that were sent. */
export function refusedBy(error: unknown, places: readonly number[]): readonly RefusedDocument[] {
  const { writeErrors } = error as MongoBulkWriteError
  return [writeErrors].flat().flatMap((one) => {
    if (one === undefined) return []
    return [{ index: places[one.index] ?? 0, reason: `MongoDB: ${one.errmsg ?? 'refused'}` }]
  })
}
