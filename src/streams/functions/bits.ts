/** Whole numbers of any size, bit by bit, and bits out of bytes. */
import { arg, defineFunction, optional } from '#plugin/define-function.ts'
import { toInteger, type Value } from '#plugin/value.ts'

const SHIFT_BITS_MAX = 4096n

function binary(
  name: string,
  text: string,
  sql: string,
  gives: number,
  call: (left: bigint, right: bigint) => bigint,
) {
  return defineFunction({
    name,
    category: 'bits',
    arguments: [arg('left', 'bigint'), arg('right', 'bigint')],
    result: 'bigint',
    text,
    examples: [
      { sql, gives },
      { sql: `${name}(1.5, 1)`, fails: 'must be an integer' },
    ],
    call: (left, right) => toInteger(call(left, right)),
  })
}

function shift(value: bigint, bits: bigint): bigint {
  if (bits > SHIFT_BITS_MAX) throw new RangeError(`at most ${SHIFT_BITS_MAX} bits can be shifted`)
  return value << bits
}

/** Bits of the bytes from a place on (counted from 0), as an unsigned number. */
function readBits(bytes: Buffer, start: number, count: number): bigint {
  if (count === 0) return 0n
  const first = start >> 3
  const last = (start + count - 1) >> 3
  const digits = bytes.toString('hex', first, last + 1)
  const behind = BigInt((last + 1) * 8 - start - count)
  return BigInt.asUintN(count, BigInt(`0x${digits}`) >> behind)
}

function swapBytes(value: bigint, bits: number): bigint {
  const hex = value.toString(16).padStart(bits / 4, '0')
  return BigInt(`0x${Buffer.from(hex, 'hex').reverse().toString('hex')}`)
}

function toFloat(value: bigint, bits: number): number {
  if (bits !== 32 && bits !== 64) throw new RangeError('a float has 32 or 64 bits')
  const view = new DataView(new ArrayBuffer(8))
  if (bits === 32) view.setUint32(0, Number(value))
  else view.setBigUint64(0, value)
  return bits === 32 ? view.getFloat32(0) : view.getFloat64(0)
}

/** `type` is of the words of `subbits`. */
function takeBits(
  bytes: Buffer,
  start: number,
  length: number,
  type = 'integer',
  sign = 'unsigned',
  endian = 'big',
): Value {
  if (start < 1 || length < 0) throw new RangeError('bits are counted from 1, their number from 0')
  const total = bytes.length * 8
  if (start > total) return undefined
  const count = Math.min(length, total - start + 1)
  const bits = readBits(bytes, start - 1, count)
  if (type === 'bits') return leftAligned(bits, count)
  const isSwapped = endian === 'little'
  if (isSwapped && count % 8 !== 0) {
    throw new RangeError('little endian numbers have whole bytes')
  }
  const value = isSwapped && count > 0 ? swapBytes(bits, count) : bits
  if (type === 'float') return toFloat(value, count)
  if (type !== 'integer') throw new RangeError("the type is 'integer', 'float' or 'bits'")
  return toInteger(sign === 'signed' ? BigInt.asIntN(count, value) : value)
}

/** Bits as bytes: the last byte is filled with zeros at its end. */
function leftAligned(bits: bigint, count: number): Buffer {
  const bytes = Math.ceil(count / 8)
  if (bytes === 0) return Buffer.alloc(0)
  const shifted = bits << BigInt(bytes * 8 - count)
  return Buffer.from(shifted.toString(16).padStart(bytes * 2, '0'), 'hex')
}

const ABC = "hexstr2bin('616263')"

export const bitFunctions = [
  binary('bitand', 'The bits that both have.', 'bitand(12, 10)', 8, (a, b) => a & b),
  binary('bitor', 'The bits that one of them has.', 'bitor(12, 10)', 14, (a, b) => a | b),
  binary('bitxor', 'The bits that just one of them has.', 'bitxor(12, 10)', 6, (a, b) => a ^ b),
  binary('bitsl', 'Shifted to the left.', 'bitsl(3, 4)', 48, shift),
  binary('bitsr', 'Shifted to the right, the sign kept.', 'bitsr(-8, 1)', -4, (a, b) => a >> b),
  defineFunction({
    name: 'bitnot',
    category: 'bits',
    arguments: [arg('value', 'bigint')],
    result: 'bigint',
    text: 'All bits turned round, in two’s complement.',
    examples: [{ sql: 'bitnot(10)', gives: -11 }],
    call: (value) => toInteger(~value),
  }),
  defineFunction({
    name: 'bitsize',
    category: 'bits',
    arguments: [arg('bytes', 'bytes')],
    result: 'integer',
    text: 'The number of bits.',
    examples: [{ sql: "bitsize('ab')", gives: 16 }],
    call: (bytes) => bytes.length * 8,
  }),
  defineFunction({
    name: 'bytesize',
    category: 'bits',
    arguments: [arg('bytes', 'bytes')],
    result: 'integer',
    text: 'The number of bytes; a text counts as UTF-8.',
    examples: [{ sql: "bytesize('ü')", gives: 2 }],
    call: (bytes) => bytes.length,
  }),
  defineFunction({
    name: 'subbits',
    category: 'bits',
    arguments: [arg('bytes', 'bytes'), arg('length', 'integer', 'In bits.')],
    result: 'bigint',
    text: 'The first bits as an unsigned number, the highest bit first.',
    examples: [{ sql: `subbits(${ABC}, 8)`, gives: 97 }],
    call: (bytes, length) => takeBits(bytes, 1, length),
  }),
  defineFunction({
    name: 'subbits',
    category: 'bits',
    arguments: [
      arg('bytes', 'bytes'),
      arg('start', 'integer', 'Counted in bits, from 1.'),
      arg('length', 'integer', 'In bits. Cut off where the bytes end.'),
      optional('type', 'string', "'integer', 'float' (32 or 64 bits) or 'bits'."),
      optional('sign', 'string', "'unsigned' or 'signed'."),
      optional('endian', 'string', "'big' or 'little'."),
    ],
    result: 'any',
    text: 'Bits as a number. Missing when the start lies behind the end.',
    examples: [
      { sql: `subbits(${ABC}, 9, 8)`, gives: 98 },
      { sql: `subbits(${ABC}, 1, 16, 'integer', 'unsigned', 'little')`, gives: 0x6261 },
      { sql: "subbits(hexstr2bin('FF'), 1, 8, 'integer', 'signed')", gives: -1 },
      { sql: "subbits(hexstr2bin('3FC00000'), 1, 32, 'float')", gives: 1.5 },
      { sql: `subbits(${ABC}, 5, 4, 'bits')`, gives: Buffer.from('10', 'hex') },
      { sql: `subbits(${ABC}, 25, 8)`, gives: undefined },
    ],
    call: takeBits,
  }),
]
