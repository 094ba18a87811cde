import { prefixEnd } from '#kernel/binary-key.ts'
import type { EntryCursor } from '../pending/merged-scan.ts'
import type { LmdbTable } from './lmdb-environment.ts'
import { readError } from './lmdb-failure.ts'
import { SHORT_KEY_BYTES_MAX, keyInside, valueInside } from './long-key.ts'

interface Entry {
  readonly key: string
  readonly value: Uint8Array
}

/**
 * Walks [from, to) of one table in lmdb, on the read transaction of this tick. Values are copies.
 */
export class LmdbCursor implements EntryCursor {
  key: string
  value: Uint8Array
  readonly #entries: Iterator<Entry>
  readonly #from: string
  readonly #to: string
  readonly #path: string
  readonly #closed: () => void
  /** Long keys with a common beginning, in descending order: lmdb has them by their hash. */
  #group: Entry[]
  /** The entry behind the group, read to find its end. */
  #behind: Entry | undefined

  /**
   * @param path directory of the environment, for messages
   * @param closed called once, when the cursor closes
   */
  constructor(
    table: LmdbTable,
    { from, to }: { readonly from: string; readonly to: string },
    path: string,
    closed: () => void,
  ) {
    const start = from === '' ? undefined : from.slice(0, SHORT_KEY_BYTES_MAX)
    const end = to.length <= SHORT_KEY_BYTES_MAX ? to : prefixEnd(to.slice(0, SHORT_KEY_BYTES_MAX))
    // `start` must be named even when undefined: lmdb's own default leaves out some first bytes.
    const range = { start: start!, end }
    this.key = ''
    this.value = EMPTY
    this.#entries = table.getRange(range)[Symbol.iterator]() as Iterator<Entry>
    this.#from = from
    this.#to = to
    this.#path = path
    this.#closed = closed
    this.#group = []
    this.#behind = undefined
  }

  next(): boolean {
    for (;;) {
      const entry = this.#group.pop() ?? this.#read()
      if (entry === undefined) return false
      if (entry.key.length > SHORT_KEY_BYTES_MAX && !(entry instanceof LongEntry)) {
        this.#readGroup(entry)
      } else if (entry.key >= this.#from && entry.key < this.#to) {
        this.key = entry.key
        this.value = entry.value
        return true
      }
    }
  }

  close(): void {
    this.#entries.return?.()
    this.#closed()
  }

  #read(): Entry | undefined {
    const behind = this.#behind
    this.#behind = undefined
    if (behind !== undefined) return behind
    try {
      const result = this.#entries.next()
      return result.done === true ? undefined : result.value
    } catch (error) {
      throw readError(error, this.#path)
    }
  }

  #readGroup(first: Entry): void {
    const beginning = first.key.slice(0, SHORT_KEY_BYTES_MAX)
    let entry: Entry | undefined = first
    while (entry !== undefined && isLongWith(entry, beginning)) {
      this.#group.push(new LongEntry(entry.value))
      entry = this.#read()
    }
    this.#behind = entry
    this.#group.sort((a, b) => (a.key < b.key ? 1 : -1))
  }
}

class LongEntry implements Entry {
  readonly key: string
  readonly value: Uint8Array

  constructor(stored: Uint8Array) {
    const bytes = stored as Buffer // What the decoder of the tables makes.
    this.key = keyInside(bytes)
    this.value = valueInside(bytes)
  }
}

function isLongWith(entry: Entry, beginning: string): boolean {
  return entry.key.length > SHORT_KEY_BYTES_MAX && entry.key.startsWith(beginning)
}

const EMPTY = new Uint8Array(0)
