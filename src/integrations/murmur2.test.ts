import assert from 'node:assert/strict'
import { test } from 'node:test'
import { murmur2 } from './murmur2.ts'

/** Published by the Java client as its test vectors, with the sign. */
const KNOWN: readonly (readonly [text: string, hash: number])[] = [
  ['21', -973_932_308],
  ['foobar', -790_332_482],
  ['a-little-bit-long-string', -985_981_536],
  ['a-little-bit-longer-string', -1_486_304_829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
  ['abc', 479_470_107],
]

test('a key has the hash that the Java client of Kafka gives it', () => {
  for (const [text, hash] of KNOWN) {
    assert.equal(murmur2(Buffer.from(text)), hash & 0x7f_ff_ff_ff, text)
  }
})
