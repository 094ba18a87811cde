import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Value } from '#plugin/value.ts'
import { decodeTerm, encodeTerm } from './external-term.ts'

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex')

test('what was written is read again', () => {
  const { any } = fc.letrec<{ any: Value }>((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<Value>(null, undefined, true, false),
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true, noInteger: true }),
      fc.maxSafeInteger(),
      fc.array(tie('any')),
      fc.dictionary(fc.string(), tie('any'), { noNullPrototype: true }),
    ),
  }))
  fc.assert(
    fc.property(any, (value) => {
      assert.deepEqual(decodeTerm(encodeTerm(value)), withoutMinusZero(value))
    }),
    { seed: 7, numRuns: 300 },
  )
  for (const big of [2n ** 64n, -(2n ** 64n), 2n ** 3000n]) {
    assert.equal(decodeTerm(encodeTerm(big)), big)
  }
})

/** Erlang has no integer -0. */
function withoutMinusZero(value: Value): Value {
  if (value === 0) return 0
  if (Array.isArray(value)) return value.map(withoutMinusZero)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutMinusZero(item as Value)]),
  )
}

test('terms of Erlang 25 are read: compressed, old forms, tuples, atoms as keys', () => {
  const packed = '8350000001FA789CCB6160604849626060D419254614910500A9AA3917'
  assert.deepEqual(
    decodeTerm(hex(packed)),
    Array.from({ length: 100 }, () => 300),
  )
  const float = '63312E3530303030303030303030303030303030303030652B30300000000000'
  assert.equal(decodeTerm(hex(`83${float}`)), 1.5)
  assert.deepEqual(decodeTerm(hex('83740000000261076102640002' + '6F6B6101')), { 7: 2, ok: 1 })
})

test('what cannot be read is refused', () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['', /the bytes end/],
    ['83', /the bytes end/],
    ['836C7FFFFFFF6A', /the bytes end/],
    ['836C00000001616164000162', /a list without an end/],
    ['835864000D6E6F6E6F6465406E6F686F7374000000090000000000000000', /processes.* have no value/],
    ['836A6A', /bytes behind the term/],
    [`83${'6801'.repeat(1000)}6A`, /more than 500 levels/],
  ]
  for (const [digits, reason] of wrong) assert.throws(() => decodeTerm(hex(digits)), reason)
})
