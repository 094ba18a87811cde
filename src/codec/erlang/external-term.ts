/**
 * Values of Erlang in its External Term Format (version 131), in which systems written in Erlang
 * keep and exchange them. Processes, ports, references and functions are recognised and say
 * nothing.
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

/** The first byte. */
export const TERM_VERSION = 131

/** The byte that a term begins with. */
export const TermTag = {
  NEW_FLOAT: 70,
  BITS: 77,
  COMPRESSED: 80,
  NEW_PROCESS: 88,
  NEW_PORT: 89,
  NEWER_REFERENCE: 90,
  SMALL_INTEGER: 97,
  INTEGER: 98,
  FLOAT: 99,
  ATOM: 100,
  PORT: 102,
  PROCESS: 103,
  SMALL_TUPLE: 104,
  LARGE_TUPLE: 105,
  NIL: 106,
  STRING: 107,
  LIST: 108,
  BINARY: 109,
  SMALL_BIG: 110,
  LARGE_BIG: 111,
  FUNCTION: 112,
  EXPORT: 113,
  NEW_REFERENCE: 114,
  SMALL_ATOM: 115,
  MAP: 116,
  ATOM_UTF8: 118,
  SMALL_ATOM_UTF8: 119,
  V4_PORT: 120,
} as const

/** Terms in one: a record with the longest list of rules has some ten thousand. */
const TERMS_MAX = 1_000_000
/** Bytes of an integer: many large ones take long to be written as digits. */
const BIG_BYTES_MAX = 512
/** A float as digits, as it was written before version 11 of Erlang's run-time system. */
const FLOAT_CHARS = 31

const OPAQUE: Opaque = Object.freeze({ kind: 'opaque' })

/**
 * Reads one term, which has to take all the bytes. Binaries of it are views into them.
 * @param depthMax terms inside of each other
 * @throws TermError, for a compressed term as well
 */
export function decodeTerm(bytes: Buffer, depthMax = 64): Term {
  const reader = new TermReader(bytes, depthMax)
  const version = reader.u8()
  if (version !== TERM_VERSION) {
    throw new TermError(`version ${version} instead of ${TERM_VERSION}`, 0)
  }
  const term = reader.term(0)
  if (reader.at !== bytes.length) throw new TermError('bytes behind the term', reader.at)
  return term
}

class TermReader {
  readonly #bytes: Buffer
  readonly #depthMax: number
  #at = 0
  #termsLeft = TERMS_MAX

  constructor(bytes: Buffer, depthMax: number) {
    this.#bytes = bytes
    this.#depthMax = depthMax
  }

  get at(): number {
    return this.#at
  }

  u8(): number {
    return this.#take(1).readUInt8()
  }

  term(depth: number): Term {
    const at = this.#at
    if (depth > this.#depthMax) throw new TermError(`more than ${this.#depthMax} levels`, at)
    if (--this.#termsLeft < 0) throw new TermError(`more than ${TERMS_MAX} terms`, at)
    const tag = this.u8()
    if (tag === TermTag.COMPRESSED) throw new TermError('a compressed term, which is not read', at)
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

  digits(): number {
    return Number.parseFloat(this.#take(FLOAT_CHARS).toString('latin1'))
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
    const digits = Buffer.from(this.#take(length)).reverse().toString('hex')
    const value = isNegative ? -BigInt(`0x0${digits}`) : BigInt(`0x0${digits}`)
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
  [TermTag.NEW_FLOAT, (reader) => reader.double()],
  // Bits: the last byte is not a whole one.
  [TermTag.BITS, (reader) => reader.opaque(0, reader.u32() + 1, 0)],
  [TermTag.NEW_PROCESS, (reader, depth) => reader.opaque(1, 12, depth)],
  [TermTag.NEW_PORT, (reader, depth) => reader.opaque(1, 8, depth)],
  [TermTag.NEWER_REFERENCE, (reader, depth) => readReference(reader, 4, depth)],
  [TermTag.SMALL_INTEGER, (reader) => reader.u8()],
  [TermTag.INTEGER, (reader) => reader.i32()],
  [TermTag.FLOAT, (reader) => reader.digits()],
  [TermTag.ATOM, (reader) => reader.atom(reader.u16(), 'latin1')],
  [TermTag.PORT, (reader, depth) => reader.opaque(1, 5, depth)],
  [TermTag.PROCESS, (reader, depth) => reader.opaque(1, 9, depth)],
  [
    TermTag.SMALL_TUPLE,
    (reader, depth) => ({ kind: 'tuple', items: reader.terms(reader.u8(), depth) }),
  ],
  [
    TermTag.LARGE_TUPLE,
    (reader, depth) => ({ kind: 'tuple', items: reader.terms(reader.u32(), depth) }),
  ],
  [TermTag.NIL, () => []],
  // A list of bytes.
  [TermTag.STRING, (reader) => [...reader.bytes(reader.u16())]],
  [TermTag.LIST, (reader, depth) => reader.list(depth)],
  [TermTag.BINARY, (reader) => reader.bytes(reader.u32())],
  [TermTag.SMALL_BIG, (reader) => reader.big(reader.u8())],
  [TermTag.LARGE_BIG, (reader) => reader.big(reader.u32())],
  // A function: its size counts itself.
  [TermTag.FUNCTION, (reader) => reader.opaque(0, Math.max(0, reader.u32() - 4), 0)],
  [TermTag.EXPORT, (reader, depth) => reader.opaque(3, 0, depth)],
  [TermTag.NEW_REFERENCE, (reader, depth) => readReference(reader, 1, depth)],
  [TermTag.SMALL_ATOM, (reader) => reader.atom(reader.u8(), 'latin1')],
  [TermTag.MAP, (reader, depth) => reader.map(depth)],
  [TermTag.ATOM_UTF8, (reader) => reader.atom(reader.u16(), 'utf8')],
  [TermTag.SMALL_ATOM_UTF8, (reader) => reader.atom(reader.u8(), 'utf8')],
  [TermTag.V4_PORT, (reader, depth) => reader.opaque(1, 12, depth)],
])

function readReference(reader: TermReader, creationBytes: number, depth: number): Opaque {
  const words = reader.u16()
  return reader.opaque(1, creationBytes + 4 * words, depth)
}
