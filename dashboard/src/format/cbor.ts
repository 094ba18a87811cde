/** What a CBOR item becomes: JSON values, byte strings, integers that need more than 53 bits. */
type CborValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | CborValue[]
  | { [key: string]: CborValue }

const DEPTH_MAX = 64
const BREAK = Symbol('break')

/**
 * Decodes one CBOR item (RFC 8949); tags are left out, and keys of maps become texts.
 * @throws Error when the bytes are not one well-formed item
 */
export function decodeCbor(bytes: Uint8Array): CborValue {
  const reader = new Reader(bytes)
  const value = item(reader, 0)
  if (value === BREAK || reader.left > 0) throw new Error('Not CBOR: bytes after the end.')
  return value
}

class Reader {
  readonly #view: DataView
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left(): number {
    return this.#view.byteLength - this.#offset
  }

  take(count: number): DataView {
    if (count > this.left) throw new Error('Not CBOR: it ends too early.')
    const start = this.#view.byteOffset + this.#offset
    this.#offset += count
    return new DataView(this.#view.buffer, start, count)
  }

  bytes(count: number): Uint8Array {
    const view = this.take(count)
    return new Uint8Array(view.buffer, view.byteOffset, count).slice()
  }
}

function item(reader: Reader, depth: number): CborValue | typeof BREAK {
  if (depth > DEPTH_MAX) throw new Error(`Not shown: nested deeper than ${DEPTH_MAX}.`)
  const first = reader.take(1).getUint8(0)
  const major = first >> 5
  const info = first & 31
  if (major === 7) return simple(reader, info)
  const isEndless = info === 31
  if (isEndless && (major < 2 || major === 6)) throw new Error('Not CBOR: a length is missing.')
  const argument = isEndless ? Infinity : readArgument(reader, info)
  if (major === 0) return argument
  if (major === 1) return typeof argument === 'bigint' ? -1n - argument : -1 - argument
  if (major === 6) return value(reader, depth + 1)
  const count = Number(argument)
  if (major === 2) return isEndless ? joinBytes(chunks(reader, depth)) : reader.bytes(count)
  if (major === 3) {
    if (isEndless)
      return chunks(reader, depth)
        .filter((part) => typeof part === 'string')
        .join('')
    return new TextDecoder('utf-8', { fatal: true }).decode(reader.bytes(count))
  }
  return major === 4 ? list(reader, count, depth) : map(reader, count, depth)
}

function value(reader: Reader, depth: number): CborValue {
  const read = item(reader, depth)
  if (read === BREAK) throw new Error('Not CBOR: a break where none may be.')
  return read
}

function readArgument(reader: Reader, info: number): number | bigint {
  if (info < 24) return info
  if (info === 24) return reader.take(1).getUint8(0)
  if (info === 25) return reader.take(2).getUint16(0)
  if (info === 26) return reader.take(4).getUint32(0)
  if (info !== 27) throw new Error('Not CBOR: a reserved length.')
  const big = reader.take(8).getBigUint64(0)
  return big <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(big) : big
}

function simple(reader: Reader, info: number): CborValue | typeof BREAK {
  switch (info) {
    case 20:
      return false
    case 21:
      return true
    case 22:
    case 23:
      return null
    case 25:
      return halfFloat(reader.take(2).getUint16(0))
    case 26:
      return reader.take(4).getFloat32(0)
    case 27:
      return reader.take(8).getFloat64(0)
    case 31:
      return BREAK
    default:
      throw new Error(`Not CBOR: simple value ${info} is not assigned.`)
  }
}

function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN
  return sign * (1024 + fraction) * 2 ** (exponent - 25)
}

function list(reader: Reader, count: number, depth: number): CborValue[] {
  const values: CborValue[] = []
  while (values.length < count) {
    const next = item(reader, depth + 1)
    if (next === BREAK) {
      if (count === Infinity) break
      throw new Error('Not CBOR: a list ends too early.')
    }
    values.push(next)
  }
  return values
}

function map(reader: Reader, count: number, depth: number): CborValue {
  const entries: [string, CborValue][] = []
  while (entries.length < count) {
    const key = item(reader, depth + 1)
    if (key === BREAK) {
      if (count === Infinity) break
      throw new Error('Not CBOR: a map ends too early.')
    }
    entries.push([
      typeof key === 'object' ? JSON.stringify(key) : String(key),
      value(reader, depth + 1),
    ])
  }
  return Object.fromEntries(entries)
}

function chunks(reader: Reader, depth: number): CborValue[] {
  return list(reader, Infinity, depth)
}

function joinBytes(parts: CborValue[]): Uint8Array {
  const arrays = parts.filter((part) => part instanceof Uint8Array)
  const joined = new Uint8Array(arrays.reduce((sum, { length }) => sum + length, 0))
  let offset = 0
  for (const part of arrays) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}
