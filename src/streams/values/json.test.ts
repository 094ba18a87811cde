import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Value } from '#plugin/value.ts'
import { decodeJson, encodeJson } from './json.ts'

test('integers of any size are exact, wherever they stand', () => {
  fc.assert(
    fc.property(fc.bigInt(-(10n ** 30n), 10n ** 30n), fc.string(), (integer, text) => {
      const decoded = decodeJson(`[${JSON.stringify(text)}, {"a": ${integer}}]`)
      assert.deepEqual(decoded, [text, { a: exact(integer) }])
    }),
  )
})

function exact(integer: bigint): Value {
  const number = Number(integer)
  return Number.isSafeInteger(number) ? number : integer
}

test('what was encoded is decoded to the same', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value)
      assert.equal(encodeJson(decodeJson(text)), text)
    }),
  )
})

test('values that JSON lacks have a form in it', () => {
  const value = {
    missing: undefined,
    bytes: Buffer.from('text'),
    big: 2n ** 64n,
    when: new Date(0),
    list: [undefined, { deep: 1n << 60n }],
    toJSON: 1,
  }
  assert.equal(
    encodeJson(value),
    '{"missing":null,"bytes":"text","big":18446744073709551616,' +
      '"when":"1970-01-01T00:00:00.000Z","list":[null,{"deep":1152921504606846976}],"toJSON":1}',
  )
})

test('keys with special names are keys', () => {
  const text = '{"__proto__":{"a":1},"constructor":2}'
  const decoded = decodeJson(text)
  assert.equal(encodeJson(decoded), text)
  assert.ok(encodeJson({ big: 1n << 60n, inner: decoded }).endsWith(`,"inner":${text}}`))
})
