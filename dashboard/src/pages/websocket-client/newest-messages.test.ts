import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MESSAGES_MAX, newestOf } from './newest-messages.ts'

const MB = 1024 * 1024
const message = (bytes: number) => ({ payload: new Uint8Array(bytes) })

test('of many messages the last thousand stay', () => {
  const all = Array.from({ length: MESSAGES_MAX + 5 }, () => message(1))
  assert.equal(newestOf(all).length, MESSAGES_MAX)
  assert.equal(newestOf(all).at(-1), all.at(-1))
  assert.deepEqual(newestOf([]), [])
})

test('of large messages as many stay as fit into 16 MB, and the last one in any case', () => {
  const all = [message(9 * MB), message(9 * MB), message(7 * MB)]
  assert.deepEqual(newestOf(all), all.slice(1))
  const large = message(17 * MB)
  assert.deepEqual(newestOf([message(1), large]), [large])
})
