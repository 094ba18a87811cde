import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashPassword, isPassword, passwordProblem } from './passwords.ts'

test('a password is kept as a salted hash that only it matches', async () => {
  const stored = await hashPassword('correct-horse-7')
  assert.match(stored, /^scrypt\$16384\$8\$1\$/)
  assert.notEqual(stored, await hashPassword('correct-horse-7'))
  assert.equal(await isPassword('correct-horse-7', stored), true)
  assert.equal(await isPassword('correct-horse-8', stored), false)
  assert.equal(await isPassword('', stored), false)
  assert.equal(await isPassword('x', 'plain$x'), false)
})

test('a new password has 8 to 64 characters of two kinds', () => {
  assert.equal(passwordProblem('abcdefg1'), undefined)
  assert.equal(passwordProblem('abcdefg-'), undefined)
  assert.match(passwordProblem('abc1') ?? '', /8 to 64/)
  assert.match(passwordProblem('a1'.repeat(33)) ?? '', /8 to 64/)
  assert.match(passwordProblem('abcdefgh') ?? '', /two kinds/)
  assert.match(passwordProblem('abcdéfg1') ?? '', /ASCII/)
})
