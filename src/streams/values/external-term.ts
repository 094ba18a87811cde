/**
 * The External Term Format of Erlang (version 131), in which systems written in Erlang and Elixir
 * keep and exchange values. Texts and bytes are binaries, `true`, `false`, `null` and what is
 * missing (`undefined`) are atoms.
 */
import { isUtf8 } from 'node:buffer'
import { inflateSync } from 'node:zlib'
import { isList, setKey, toInteger } from '#plugin/value.ts'
import type { MutableValueMap, Value, ValueMap } from '#plugin/value.ts'
import { toText } from './to-text.ts'

const VERSION = 131
const Tag = {
  NEW_FLOAT: 70,
  COMPRESSED: 80,
  SMALL_INTEGER: 97,
  INTEGER: 98,
  FLOAT: 99,
  ATOM: 100,
  SMALL_TUPLE: 104,
  LARGE_TUPLE: 105,
  NIL: 106,
  STRING: 107,
  LIST: 108,
  BINARY: 109,
  SMALL_BIG: 110,
  LARGE_BIG: 111,
  SMALL_ATOM: 115,
  MAP: 116,
  ATOM_UTF8: 118,
  SMALL_ATOM_UTF8: 119,
} as const

/** More is not unpacked: a few bytes can stand for very many. */
const UNPACKED_BYTES_MAX = 16 * 1024 * 1024
const DEPTH_MAX = 500
const STRING_LENGTH_MAX = 65_535
const INTEGER_MAX = 2 ** 31
const FLOAT_CHARS = 31

const ATOMS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['undefined', undefined],
])

/**
 * Writes a value as `term_to_binary` of Erlang does.
 * @throws TypeError for values with too many levels
 */
export function encodeTerm(value: Value): Buffer {
  const parts: Buffer[] = [Buffer.of(VERSION)]
  writeTerm(value, parts, 0)
  return Buffer.concat(parts)
}

function writeTerm(value: Value, parts: Buffer[], depth: number): void {
  checkDepth(depth)
  if (value === undefined || value === null || typeof value === 'boolean') {
    const name = String(value)
    parts.push(Buffer.of(Tag.SMALL_ATOM_UTF8, name.length), Buffer.from(name))
  } else if (typeof value === 'bigint') writeInteger(value, parts)
  else if (typeof value === 'number') writeNumber(value, parts)
  else if (isList(value)) writeList(value, parts, depth)
  else if (typeof value === 'string' || value instanceof Date || Buffer.isBuffer(value)) {
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(toText(value))
    parts.push(withLength(Tag.BINARY, bytes.length), bytes)
  } else writeMap(value, parts, depth)
}

function writeNumber(value: number, parts: Buffer[]): void {
  if (Number.isInteger(value)) {
    writeInteger(BigInt(value), parts)
    return
  }
  if (!Number.isFinite(value)) throw new TypeError(`Erlang has no number ${value}`)
  const bytes = Buffer.alloc(9)
  bytes[0] = Tag.NEW_FLOAT
  bytes.writeDoubleBE(value, 1)
  parts.push(bytes)
}

function writeInteger(value: bigint, parts: Buffer[]): void {
  if (value >= 0n && value <= 255n) {
    parts.push(Buffer.of(Tag.SMALL_INTEGER, Number(value)))
    return
  }
  if (value >= -INTEGER_MAX && value < INTEGER_MAX) {
    const bytes = Buffer.alloc(5)
    bytes[0] = Tag.INTEGER
    bytes.writeInt32BE(Number(value), 1)
    parts.push(bytes)
    return
  }
  const digits = (value < 0n ? -value : value).toString(16)
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
  const isSmall = bytes.length <= 255
  parts.push(
    isSmall ? Buffer.of(Tag.SMALL_BIG, bytes.length) : withLength(Tag.LARGE_BIG, bytes.length),
    Buffer.of(value < 0n ? 1 : 0),
    bytes.reverse(),
  )
}

/** A list of bytes has a form of its own, as Erlang takes it for a text. */
function writeList(list: readonly Value[], parts: Buffer[], depth: number): void {
  if (list.length === 0) parts.push(Buffer.of(Tag.NIL))
  else if (list.length <= STRING_LENGTH_MAX && list.every(isByte)) {
    parts.push(Buffer.of(Tag.STRING, list.length >> 8, list.length & 0xff), Buffer.from(list))
  } else {
    parts.push(withLength(Tag.LIST, list.length))
    for (const item of list) writeTerm(item, parts, depth + 1)
    parts.push(Buffer.of(Tag.NIL))
  }
}

function isByte(value: Value): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255
}

/** In the order that Erlang gives the keys of small maps. */
function writeMap(map: ValueMap, parts: Buffer[], depth: number): void {
  const entries = Object.entries(map).map(([key, value]) => [Buffer.from(key), value] as const)
  parts.push(withLength(Tag.MAP, entries.length))
  for (const [key, value] of entries.toSorted(([a], [b]) => a.compare(b))) {
    parts.push(withLength(Tag.BINARY, key.length), key)
    writeTerm(value, parts, depth + 1)
  }
}

function withLength(tag: number, length: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes[0] = tag
  bytes.writeUInt32BE(length, 1)
  return bytes
}

function checkDepth(depth: number): void {
  if (depth > DEPTH_MAX) throw new TypeError(`the value has more than ${DEPTH_MAX} levels`)
}

/**
 * Reads what `term_to_binary` of Erlang writes. Tuples become lists, other atoms texts; binaries
 * that are no text stay bytes.
 * @throws Error for what is no term, or one that only Erlang can have, such as a process
 */
export function decodeTerm(bytes: Buffer): Value {
  if (bytes[0] !== VERSION) throw new TypeError('this is no term: its first byte is not 131')
  const content = bytes[1] === Tag.COMPRESSED ? unpack(bytes.subarray(2)) : bytes.subarray(1)
  const reader = new TermReader(content)
  const value = reader.term(0)
  if (reader.at === content.length) return value
  throw new RangeError(`${content.length - reader.at} bytes follow the term`)
}

function unpack(packed: Buffer): Buffer {
  return inflateSync(packed.subarray(4), { maxOutputLength: UNPACKED_BYTES_MAX })
}

class TermReader {
  readonly #bytes: Buffer
  at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  term(depth: number): Value {
    checkDepth(depth)
    const tag = this.#number(1)
    switch (tag) {
      case Tag.SMALL_INTEGER:
        return this.#number(1)
      case Tag.INTEGER:
        return this.#take(4).readInt32BE()
      case Tag.NEW_FLOAT:
        return this.#take(8).readDoubleBE()
      case Tag.FLOAT:
        return Number.parseFloat(this.#take(FLOAT_CHARS).toString('latin1'))
      case Tag.SMALL_BIG:
        return this.#big(this.#number(1))
      case Tag.LARGE_BIG:
        return this.#big(this.#number(4))
      case Tag.SMALL_ATOM:
        return atomOf(this.#take(this.#number(1)).toString('latin1'))
      case Tag.ATOM:
        return atomOf(this.#take(this.#number(2)).toString('latin1'))
      case Tag.SMALL_ATOM_UTF8:
        return atomOf(this.#take(this.#number(1)).toString())
      case Tag.ATOM_UTF8:
        return atomOf(this.#take(this.#number(2)).toString())
      default:
        return this.#composite(tag, depth)
    }
  }

  #composite(tag: number, depth: number): Value {
    switch (tag) {
      case Tag.BINARY: {
        const bytes = this.#take(this.#number(4))
        return isUtf8(bytes) ? bytes.toString() : Buffer.from(bytes)
      }
      case Tag.NIL:
        return []
      case Tag.STRING:
        return [...this.#take(this.#number(2))]
      case Tag.LIST:
        return this.#list(this.#number(4), depth)
      case Tag.SMALL_TUPLE:
        return this.#items(this.#number(1), depth)
      case Tag.LARGE_TUPLE:
        return this.#items(this.#number(4), depth)
      case Tag.MAP:
        return this.#map(this.#number(4), depth)
      default:
        throw new TypeError(`a term of type ${tag} cannot be read`)
    }
  }

  #number(bytes: number): number {
    return this.#take(bytes).readUIntBE(0, bytes)
  }

  #take(length: number): Buffer {
    const end = this.at + length
    if (end > this.#bytes.length) throw new RangeError('the term is not whole')
    const taken = this.#bytes.subarray(this.at, end)
    this.at = end
    return taken
  }

  #big(length: number): Value {
    const isNegative = this.#number(1) === 1
    const digits = Buffer.from(this.#take(length)).reverse().toString('hex')
    const value = BigInt(`0x0${digits}`)
    return toInteger(isNegative ? -value : value)
  }

  #list(count: number, depth: number): Value {
    const items = this.#items(count, depth)
    if (this.#number(1) === Tag.NIL) return items
    throw new TypeError('a list that does not end with an empty one cannot be read')
  }

  #items(count: number, depth: number): readonly Value[] {
    const items: Value[] = []
    for (let index = 0; index < count; index++) items.push(this.term(depth + 1))
    return items
  }

  #map(count: number, depth: number): ValueMap {
    const map: MutableValueMap = {}
    for (let index = 0; index < count; index++) {
      const key = toText(this.term(depth + 1))
      setKey(map, key, this.term(depth + 1))
    }
    return map
  }
}

function atomOf(name: string): Value {
  return ATOMS.has(name) ? ATOMS.get(name) : name
}
