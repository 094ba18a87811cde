import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guessFormat, showPayload } from './payload.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

test('a payload is shown as what it looks like', () => {
  assert.equal(guessFormat(bytes('{"a":1}')), 'json')
  assert.equal(guessFormat(bytes('21.5')), 'text')
  assert.equal(guessFormat(bytes('{broken')), 'text')
  assert.equal(guessFormat(Uint8Array.of(0xff, 0)), 'hex')
})

test('bytes show as rows with offset, digits and text', async () => {
  const [first, second] = (await showPayload(bytes('0123456789abcdefXY\n'), 'hex')).split('\n')
  assert.equal(first, '000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef')
  assert.match(second ?? '', /^000010 {2}58 59 0a +XY\.$/)
})

test('what is not of the format has a reason', async () => {
  await assert.rejects(showPayload(bytes('{'), 'json'))
  await assert.rejects(showPayload(bytes('hello'), 'cbor'), /Not CBOR/)
})
