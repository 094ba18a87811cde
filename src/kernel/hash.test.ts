import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hashBytes, hashString } from './hash.ts'

test('hashes never change: shards of other processes divide work by them', () => {
  const known: readonly [string, number][] = [
    ['', 778_160_077],
    ['a', 1_475_166_269],
    ['abc', 210_544_736],
    ['abcd', 846_025_251],
    ['client-0000017', 834_926_206],
    ['Größe/温度', 1_868_709_296],
  ]
  for (const [text, hash] of known) assert.equal(hashString(text), hash, text)
})

test('a text hashes as its bytes in UTF-8 do, wherever these lie', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.nat(9), (text, before) => {
      const bytes = Buffer.from(text)
      const padded = Buffer.concat([Buffer.alloc(before, 7), bytes, Buffer.alloc(3, 9)])
      const hash = hashString(text)
      assert.equal(hashBytes(padded, before, before + bytes.length), hash)
      assert.ok(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 31)
    }),
  )
})

test('numbered names spread evenly, over few places and over many', () => {
  for (const places of [3, 8, 31, 4096]) {
    const counts = Array.from({ length: places }, () => 0)
    const names = places * 200
    for (let i = 0; i < names; i++) counts[hashString(`device/${i}/state`) % places]!++
    // Chi-squared stays near the number of places; five standard deviations are generous.
    const chi = counts.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0)
    assert.ok(chi < places + 5 * Math.sqrt(2 * places) + 10, `${places} places: ${chi}`)
  }
})
