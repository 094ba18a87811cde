import { badCursor } from '../http/api-error.ts'
import { ok } from '../http/route.ts'
import { pageMeta, type PageQuery, pageRequest } from './page-meta.ts'

interface PartTypes {
  readonly string: string
  readonly number: number
}
type Shape = readonly (keyof PartTypes)[]
type KeyOf<S extends Shape> = { readonly [Index in keyof S]: PartTypes[S[Index]] }

/** Which entries to read. */
interface Range<S extends Shape> {
  /** Key of the entry right before them; it need not be there any more. */
  readonly after: KeyOf<S> | undefined
  readonly skip: number
  readonly limit: number
}

interface Part<Item> {
  readonly items: readonly Item[]
  /** Entries of the whole list. */
  readonly count: number
}

/**
 * A list whose entries have keys, which say where they stand. A cursor holds the key of the last
 * entry of a page: what comes and goes meanwhile moves nothing else.
 */
export interface Listing<Item, S extends Shape> {
  /** What a key consists of: cursors come from outside. */
  readonly shape: S
  readonly keyOf: (item: Item) => KeyOf<S>
  readonly read: (range: Range<S>) => Part<Item> | Promise<Part<Item>>
}

/** A list in memory in the order of its keys, which are compared part by part. */
export function sortedListing<Item, const S extends Shape>(
  all: readonly Item[],
  shape: S,
  keyOf: (item: Item) => KeyOf<S>,
): Listing<Item, S> {
  return {
    shape,
    keyOf,
    read: ({ after, skip, limit }) => {
      const entries = all.map((item) => ({ item, key: keyOf(item) }))
      entries.sort((a, b) => compareKeys(a.key, b.key))
      const rest = entries.filter(({ key }) => after === undefined || compareKeys(key, after) > 0)
      return {
        items: rest.slice(skip, skip + limit).map(({ item }) => item),
        count: all.length,
      }
    },
  }
}

/**
 * Answers with the page of a list that a request asks for.
 * @throws ApiError 400 for `page` with `cursor`, and for a cursor of something else
 */
export async function readPage<Item, const S extends Shape, Body>(
  query: PageQuery,
  { shape, keyOf, read }: Listing<Item, S>,
  toBody: (item: Item) => Body,
) {
  const request = pageRequest(query)
  const { page = 1, limit, cursor } = request
  const after = cursor === undefined ? undefined : readCursor(cursor, shape)
  const skip = after === undefined ? (page - 1) * limit : 0
  // The one after the page tells whether there is more.
  const { items, count } = await read({ after, skip, limit: limit + 1 })
  const shown = items.slice(0, limit)
  const last = items.length > limit ? shown.at(-1) : undefined
  const next = last === undefined ? undefined : writeCursor(keyOf(last))
  const found = { hasNext: next !== undefined, cursor: next }
  return ok({ data: shown.map(toBody), meta: pageMeta(request, found, count) })
}

function compareKeys(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  for (const [index, part] of a.entries()) {
    const other = b[index]! // Keys of a list have one shape.
    if (part !== other) return part < other ? -1 : 1
  }
  return 0
}

function writeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

function readCursor<S extends Shape>(cursor: string, shape: S): KeyOf<S> {
  const key = parseCursor(cursor)
  const isKey =
    Array.isArray(key) &&
    key.length === shape.length &&
    shape.every((type, index) => typeof key[index] === type)
  if (!isKey) throw badCursor()
  return key as unknown as KeyOf<S> // Just checked.
}

function parseCursor(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    throw badCursor()
  }
}
