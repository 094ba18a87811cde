import assert from 'node:assert/strict'
import { it } from 'node:test'
import { LoginTokens } from './login-tokens.ts'

it('a login that may last so long at most ends then, however much it is used', () => {
  let nowMs = 0
  const tokens = new LoginTokens(100, () => nowMs)
  const token = tokens.begin('eve', 150)
  nowMs = 80
  assert.equal(tokens.find(token, true)?.isExpired, false)
  nowMs = 140
  assert.equal(tokens.find(token, true)?.isExpired, false)
  nowMs = 150
  assert.equal(tokens.find(token, true)?.isExpired, true)
})

it('a login ends when it is not used for so long; looking at it is no use', () => {
  let nowMs = 0
  const tokens = new LoginTokens(100, () => nowMs)
  const token = tokens.begin('eve')
  nowMs = 80
  assert.deepEqual(tokens.find(token, true), { username: 'eve', isExpired: false })
  nowMs = 160
  assert.equal(tokens.find(token, false)?.isExpired, false)
  nowMs = 180
  assert.equal(tokens.find(token, false)?.isExpired, true)
})
