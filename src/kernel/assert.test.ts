import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssertionFailure, assert as assertTrue, unreachable } from './assert.ts'

test('a condition that holds passes', () => {
  assertTrue(1, 'never said')
})

test('a condition that does not hold throws its message', () => {
  assert.throws(
    () => assertTrue(0, 'one is one'),
    (error) => {
      return error instanceof AssertionFailure && error.message === 'one is one'
    },
  )
})

test('unreachable code names the value that reached it', () => {
  const value = 'surprise' as never
  assert.throws(() => unreachable(value, 'kind'), /unexpected kind: surprise/)
})
