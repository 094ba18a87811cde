/**
 * Values in the External Term Format of Erlang. Texts and bytes are binaries, `true`, `false`,
 * `null` and what is missing (`undefined`) are atoms.
 */
import { isUtf8 } from 'node:buffer'
import { inflateSync } from 'node:zlib'
import * as erlang from '#codec/erlang/external-term.ts'
import { isList, setKey } from '#plugin/value.ts'
import type { MutableValueMap, Value, ValueMap } from '#plugin/value.ts'
import { toText } from './to-text.ts'

const Tag = erlang.TermTag
/** More is not unpacked: a few bytes can stand for very many. */
const UNPACKED_BYTES_MAX = 16 * 1024 * 1024
const DEPTH_MAX = 500
const STRING_LENGTH_MAX = 65_535
const INTEGER_MAX = 2 ** 31

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
  const parts: Buffer[] = [Buffer.of(erlang.TERM_VERSION)]
  writeTerm(value, parts, 0)
  return Buffer.concat(parts)
}

function writeTerm(value: Value, parts: Buffer[], depth: number): void {
  if (depth > DEPTH_MAX) throw new TypeError(`the value has more than ${DEPTH_MAX} levels`)
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

/**
 * Reads what `term_to_binary` of Erlang writes. Tuples become lists, other atoms texts; binaries
 * that are no text stay bytes.
 * @throws Error for what is no term, or one that only Erlang can have, such as a process
 */
export function decodeTerm(bytes: Buffer): Value {
  const isPacked = bytes[0] === erlang.TERM_VERSION && bytes[1] === Tag.COMPRESSED
  return valueOf(erlang.decodeTerm(isPacked ? unpack(bytes) : bytes, DEPTH_MAX))
}

/** Version, tag and the size when unpacked stand in front. */
function unpack(packed: Buffer): Buffer {
  const term = inflateSync(packed.subarray(6), { maxOutputLength: UNPACKED_BYTES_MAX })
  return Buffer.concat([Buffer.of(erlang.TERM_VERSION), term])
}

function valueOf(term: erlang.Term): Value {
  if (typeof term === 'number' || typeof term === 'bigint') return term
  if (Buffer.isBuffer(term)) return isUtf8(term) ? term.toString() : Buffer.from(term)
  if (!('kind' in term)) return term.map(valueOf)
  switch (term.kind) {
    case 'tuple':
      return term.items.map(valueOf)
    case 'atom':
      return ATOMS.has(term.name) ? ATOMS.get(term.name) : term.name
    case 'map':
      return mapOf(term.entries)
    case 'opaque':
      throw new TypeError('processes, ports, references, functions and bits have no value here')
  }
}

function mapOf(entries: erlang.TermMap['entries']): ValueMap {
  const map: MutableValueMap = {}
  for (const [key, value] of entries) setKey(map, toText(valueOf(key)), valueOf(value))
  return map
}
