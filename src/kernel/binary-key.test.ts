import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  KEY_END,
  keyBytes,
  keyText,
  prefixEnd,
  readU16,
  readU32,
  readU48,
  readU8,
  textKey,
  textPart,
  textPartEnd,
  u16Key,
  u32Key,
  u48Key,
  u8Key,
} from './binary-key.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((value) => !value.includes('\0'))

test('every char of a key is one byte, and text comes back', () => {
  fc.assert(
    fc.property(text, (value) => {
      const key = textKey(value)
      assert.deepEqual(keyBytes(key), Buffer.from(value))
      assert.equal(keyText(key), value)
      assert.equal(keyText('x' + textPart(value), 1, textPartEnd('x' + textPart(value), 1)), value)
    }),
  )
})

test('text sorts as its bytes do', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      const order = Buffer.compare(Buffer.from(a), Buffer.from(b))
      assert.equal(compare(textKey(a), textKey(b)), order)
      assert.equal(compare(textPart(a) + u8Key(1), textPart(b) + u8Key(1)), order)
    }),
  )
})

test('integers come back and sort as numbers, at any offset', () => {
  const kinds = [
    { max: 0xff, bytes: 1, key: u8Key, read: readU8 },
    { max: 0xffff, bytes: 2, key: u16Key, read: readU16 },
    { max: 0xffff_ffff, bytes: 4, key: u32Key, read: readU32 },
    { max: 0xffff_ffff_ffff, bytes: 6, key: u48Key, read: readU48 },
  ]
  for (const { max, bytes, key, read } of kinds) {
    const value = fc.oneof(
      fc.nat(300),
      fc.maxSafeNat().map((n) => n % (max + 1)),
    )
    fc.assert(
      fc.property(
        value.map((n) => Math.min(n, max)),
        value.map((n) => Math.min(n, max)),
        (a, b) => {
          assert.equal(key(a).length, bytes)
          assert.equal(read('ab' + key(a) + 'c', 2), a)
          assert.equal(compare(key(a), key(b)), Math.sign(a - b))
        },
      ),
    )
    assert.equal(key(max), '\xff'.repeat(bytes))
    for (const wrong of [-1, max + 1, 0.5, Number.NaN]) assert.throws(() => key(wrong))
    assert.throws(() => read(key(max), 1))
  }
})

test('a scan from a prefix to its end meets exactly the keys that begin with it', () => {
  const key = fc.uint8Array({ maxLength: 5 }).map((bytes) => String.fromCharCode(...bytes))
  const prefix = fc.array(fc.constantFrom(0, 1, 0x7f, 0xfe, 0xff), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(prefix, key, fc.boolean(), (bytes, rest, begins) => {
      const start = String.fromCharCode(...bytes)
      fc.pre(bytes.some((byte) => byte !== 0xff))
      const candidate = begins ? start + rest : rest
      const inside = candidate >= start && candidate < prefixEnd(start)
      assert.equal(inside, candidate.startsWith(start))
    }),
  )
})

test('the end of the empty prefix is above all keys that do not begin with 0xff', () => {
  assert.equal(prefixEnd(''), KEY_END)
  assert.ok('\xfe\xff\xff' < KEY_END)
})

test('a prefix without an end, and text that would end early, are refused', () => {
  assert.throws(() => prefixEnd('\xff\xff'))
  assert.throws(() => textPart('a\0b'))
  assert.throws(() => textPartEnd('abc', 0))
})

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
