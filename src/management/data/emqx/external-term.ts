/**
 * Values of Erlang in its External Term Format (version 131), as far as tables on disk hold them:
 * processes, ports, references and functions are recognised and say nothing.
 */

/** A tuple; what stands in it has no names. */
export interface Tuple {
  readonly kind: 'tuple'
  readonly items: readonly Term[]
}

/** A constant that stands for its name. */
export interface Atom {
  readonly kind: 'atom'
  readonly name: string
}

/** A map; keys can be any terms. */
export interface TermMap {
  readonly kind: 'map'
  readonly entries: readonly (readonly [key: Term, value: Term])[]
}

/** A process, port, reference, function, or bits that are no whole bytes. */
export interface Opaque {
  readonly kind: 'opaque'
}

/** A value of Erlang: integers and floats, binaries, lists, and what is marked by its kind. */
export type Term = number | bigint | Buffer | readonly Term[] | Tuple | Atom | TermMap | Opaque

/** Bytes that are no term, or one that is too large: where, and why. */
export class TermError extends Error {
  override readonly name = 'TermError'
  /** In the bytes that were given. */
  readonly offset: number

  constructor(reason: string, offset: number) {
    super(`${reason} at byte ${offset}`)
    this.offset = offset
  }
}

/** Terms inside of each other. */
const DEPTH_MAX = 64
/** Terms in one: a record with the longest list of rules has some ten thousand. */
const TERMS_MAX = 1_000_000
/** Bytes of an integer: keys of tables and times have at most 8. */
const BIG_BYTES_MAX = 64

const VERSION = 131
const COMPRESSED = 80
const OPAQUE: Opaque = Object.freeze({ kind: 'opaque' })

/**
 * Reads one term, which has to take all the bytes. Binaries of it are views into them.
 * @throws TermError
 */
export function decodeTerm(bytes: Buffer): Term {
  const reader = new TermReader(bytes)
  const version = reader.u8()
  if (version !== VERSION) throw new TermError(`version ${version} instead of ${VERSION}`, 0)
  const term = reader.term(0)
  if (reader.at !== bytes.length) throw new TermError('bytes behind the term', reader.at)
  return term
}

class TermReader {
  readonly #bytes: Buffer
  #at = 0
  #termsLeft = TERMS_MAX

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get at(): number {
    return this.#at
  }

  u8(): number {
    return this.#take(1).readUInt8()
  }

  term(depth: number): Term {
    const at = this.#at
    if (depth > DEPTH_MAX) throw new TermError(`more than ${DEPTH_MAX} levels`, at)
    if (--this.#termsLeft < 0) throw new TermError(`more than ${TERMS_MAX} terms`, at)
    const tag = this.u8()
    if (tag === COMPRESSED) throw new TermError('a compressed term, which is not read', at)
    const read = READERS.get(tag)
    if (read === undefined) throw new TermError(`no term begins with ${tag}`, at)
    return read(this, depth + 1)
  }

  terms(count: number, depth: number): Term[] {
    // Each takes a byte at least: a damaged count does not reserve memory.
    if (count > this.#bytes.length - this.#at) throw new TermError('the bytes end', this.#at)
    return Array.from({ length: count }, () => this.term(depth))
  }

  u16(): number {
    return this.#take(2).readUInt16BE()
  }

  u32(): number {
    return this.#take(4).readUInt32BE()
  }

  i32(): number {
    return this.#take(4).readInt32BE()
  }

  double(): number {
    return this.#take(8).readDoubleBE()
  }

  bytes(length: number): Buffer {
    return this.#take(length)
  }

  atom(length: number, encoding: 'latin1' | 'utf8'): Atom {
    return { kind: 'atom', name: this.#take(length).toString(encoding) }
  }

  list(depth: number): Term {
    const items = this.terms(this.u32(), depth)
    const at = this.#at
    const tail = this.term(depth)
    if (!Array.isArray(tail) || tail.length > 0) throw new TermError('a list without an end', at)
    return items
  }

  map(depth: number): TermMap {
    const count = this.u32()
    if (count > this.#bytes.length - this.#at) throw new TermError('the bytes end', this.#at)
    const entries = Array.from(
      { length: count },
      () => [this.term(depth), this.term(depth)] as const,
    )
    return { kind: 'map', entries }
  }

  big(length: number): number | bigint {
    if (length > BIG_BYTES_MAX) {
      throw new TermError(`an integer of more than ${BIG_BYTES_MAX} bytes`, this.#at)
    }
    const isNegative = this.u8() !== 0
    let value = 0n
    for (const byte of this.#take(length).toReversed()) value = (value << 8n) | BigInt(byte)
    if (isNegative) value = -value
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value
  }

  /** Something with terms in it that says nothing here. */
  opaque(terms: number, bytes: number, depth: number): Opaque {
    this.terms(terms, depth)
    this.#take(bytes)
    return OPAQUE
  }

  #take(length: number): Buffer {
    const end = this.#at + length
    if (end > this.#bytes.length) throw new TermError('the bytes end', this.#at)
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }
}

type ReadTerm = (reader: TermReader, depth: number) => Term

/** By the tag that a term begins with. */
const READERS: ReadonlyMap<number, ReadTerm> = new Map<number, ReadTerm>([
  [70, (reader) => reader.double()],
  // Bits: the last byte is not a whole one.
  [77, (reader) => reader.opaque(0, reader.u32() + 1, 0)],
  // Port, process, reference; in their forms of before and of today.
  [88, (reader, depth) => reader.opaque(1, 12, depth)],
  [89, (reader, depth) => reader.opaque(1, 8, depth)],
  [90, (reader, depth) => readReference(reader, 4, depth)],
  [97, (reader) => reader.u8()],
  [98, (reader) => reader.i32()],
  [100, (reader) => reader.atom(reader.u16(), 'latin1')],
  [102, (reader, depth) => reader.opaque(1, 5, depth)],
  [103, (reader, depth) => reader.opaque(1, 9, depth)],
  [104, (reader, depth) => ({ kind: 'tuple', items: reader.terms(reader.u8(), depth) })],
  [105, (reader, depth) => ({ kind: 'tuple', items: reader.terms(reader.u32(), depth) })],
  [106, () => []],
  // A list of bytes.
  [107, (reader) => [...reader.bytes(reader.u16())]],
  [108, (reader, depth) => reader.list(depth)],
  [109, (reader) => reader.bytes(reader.u32())],
  [110, (reader) => reader.big(reader.u8())],
  [111, (reader) => reader.big(reader.u32())],
  // A function: its size counts itself.
  [112, (reader) => reader.opaque(0, Math.max(0, reader.u32() - 4), 0)],
  [113, (reader, depth) => reader.opaque(3, 0, depth)],
  [114, (reader, depth) => readReference(reader, 1, depth)],
  [115, (reader) => reader.atom(reader.u8(), 'latin1')],
  [116, (reader, depth) => reader.map(depth)],
  [118, (reader) => reader.atom(reader.u16(), 'utf8')],
  [119, (reader) => reader.atom(reader.u8(), 'utf8')],
  [120, (reader, depth) => reader.opaque(1, 12, depth)],
])

function readReference(reader: TermReader, creationBytes: number, depth: number): Opaque {
  const words = reader.u16()
  return reader.opaque(1, creationBytes + 4 * words, depth)
}
