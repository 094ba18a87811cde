import type { BSON, Document, MongoBulkWriteError } from 'mongodb'
import { readLibraryError } from './driver-error.ts'

/**
 * A document to insert. The same one is given again when it is tried again: it keeps its `_id`, so
 * that it is there once.
 */
export interface NewDocument {
  /** A text is read as extended JSON. */
  readonly content: string | Readonly<Record<string, unknown>>
  /** As it was sent by the first try, which sets it. */
  sent: Document | undefined
}

/** A document that was not inserted, by its place. */
export interface RefusedDocument {
  readonly index: number
  readonly reason: string
  /** It may work later. */
  readonly isRetryable: boolean
}

/** A document that can be inserted. */
export interface ReadDocument {
  /** Its place among those that were given. */
  readonly index: number
  readonly document: Document
  /** An earlier try may have inserted it. */
  readonly isAgain: boolean
}

/** Documents that can be inserted, and those that cannot. */
export interface ReadDocuments {
  readonly documents: readonly ReadDocument[]
  readonly refused: readonly RefusedDocument[]
}

/**
 * Error codes of a server that is not, or no longer, the one to ask, as in the failover of a
 * replica set: another one is found.
 */
export const FAILOVER_CODES: ReadonlySet<string> = new Set([
  '6', // HostUnreachable
  '7', // HostNotFound
  '64', // WriteConcernTimeout
  '89', // NetworkTimeout
  '91', // ShutdownInProgress
  '189', // PrimarySteppedDown
  '262', // ExceededTimeLimit
  '9001', // SocketException
  '10107', // NotWritablePrimary
  '11600', // InterruptedAtShutdown
  '11602', // InterruptedDueToReplStateChange
  '13435', // NotPrimaryNoSecondaryOk
])

const DUPLICATE_ID = /^E11000 duplicate key error collection: \S+ (?:index: _id_ )?dup key: \{ _id:/

/** Reads documents, and gives those an `_id` that have none. */
export function readDocuments(
  written: readonly NewDocument[],
  library: typeof BSON,
): ReadDocuments {
  const documents: ReadDocument[] = []
  const refused: RefusedDocument[] = []
  for (const [index, one] of written.entries()) {
    const isAgain = one.sent !== undefined
    try {
      one.sent ??= withId(one.content, library)
      documents.push({ index, document: one.sent, isAgain })
    } catch (error) {
      const reason = `MongoDB: this is no document: ${readLibraryError(error).message}`
      refused.push({ index, reason, isRetryable: false })
    }
  }
  return { documents, refused }
}

function withId(content: NewDocument['content'], library: typeof BSON): Document {
  const document: Document = typeof content === 'string' ? parse(content, library) : content
  return { ...document, _id: document['_id'] ?? new library.ObjectId() }
}

function parse(text: string, { EJSON }: typeof BSON): Document {
  const value: unknown = EJSON.parse(text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new Error(`${text.slice(0, 100)} is no JSON object`)
}

/** Documents that the server has refused, of those that were sent. */
export function refusedBy(
  error: MongoBulkWriteError,
  sent: readonly ReadDocument[],
): readonly RefusedDocument[] {
  return [error.writeErrors].flat().flatMap(({ index: place, code, errmsg = 'refused' }) => {
    const { index = 0, isAgain = false } = sent[place] ?? {}
    if (isAgain && DUPLICATE_ID.test(errmsg)) return [] // It is there since an earlier try.
    const isRetryable = FAILOVER_CODES.has(String(code))
    return [{ index, reason: `MongoDB: ${errmsg}`, isRetryable }]
  })
}
