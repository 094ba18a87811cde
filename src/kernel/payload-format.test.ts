import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBase64, readPayload, toBase64, toHex } from './payload-format.ts'

test('hexadecimal and base64 are read as they are written', () => {
  assert.deepEqual(readPayload('0x01, ff:0a', 'hex'), Uint8Array.of(1, 255, 10))
  assert.deepEqual(readPayload('AQID\n', 'base64'), Uint8Array.of(1, 2, 3))
  assert.deepEqual(fromBase64('-_8'), fromBase64('+/8='))
  assert.throws(() => readPayload('abc', 'hex'), /two digits/)
  assert.throws(() => readPayload('A%', 'base64'), /Not Base64/)
  assert.throws(() => readPayload('{', 'json'))
})

test('bytes come back from what is shown of them', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
  assert.deepEqual(readPayload(toHex(bytes), 'hex'), bytes)
  assert.deepEqual(readPayload(toBase64(bytes), 'base64'), bytes)
})
