import assert from 'node:assert/strict'
import { isUtf8 as isUtf8Native } from 'node:buffer'
import { test } from 'node:test'
import { decodeUtf8, isMqttUtf8, isUtf8, utf8Length } from './utf8.ts'

test('[MQTT-1.5.4-1] all sequences of one to three bytes are judged as the platform does', () => {
  const bytes = Buffer.alloc(3)
  // Continuation bytes behave alike inside these ranges; their edges are all here.
  const tails = [0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xff]
  for (let first = 0; first < 256; first++) {
    for (let second = 0; second < 256; second++) {
      for (const third of tails) {
        bytes.set([first, second, third])
        for (let length = 1; length <= 3; length++) {
          const expected = isUtf8Native(bytes.subarray(0, length))
          if (isUtf8(bytes, 0, length) !== expected) {
            assert.fail(`${bytes.toString('hex', 0, length)} should be ${expected}`)
          }
        }
      }
    }
  }
})

test('[MQTT-1.5.4-1] sequences of four bytes are judged as the platform does', () => {
  const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff]
  for (let first = 0xe0; first < 256; first++) {
    for (const second of edges) {
      for (const third of edges) {
        for (const fourth of edges) {
          const bytes = Buffer.from([first, second, third, fourth])
          assert.equal(isUtf8(bytes, 0, 4), isUtf8Native(bytes), bytes.toString('hex'))
        }
      }
    }
  }
})

test('[MQTT-1.5.4-1] every code point but the surrogates is accepted and comes back', () => {
  for (let point = 1; point <= 0x10ffff; point += point < 0x1_0000 ? 1 : 61) {
    if (point >= 0xd800 && point <= 0xdfff) continue
    const text = String.fromCodePoint(point)
    const bytes = Buffer.from(text)
    if (!isMqttUtf8(bytes, 0, bytes.length)) assert.fail(`U+${point.toString(16)} refused`)
    if (decodeUtf8(bytes, 0, bytes.length) !== text) assert.fail(`U+${point.toString(16)} changed`)
  }
})

test('[MQTT-1.5.4-2] U+0000 is no part of a string, but may be in a payload', () => {
  const bytes = Buffer.from('a\0b')
  assert.equal(isMqttUtf8(bytes, 0, 3), false)
  assert.equal(isMqttUtf8(bytes, 0, 1), true)
  assert.equal(isMqttUtf8(bytes, 2, 3), true)
  assert.equal(isUtf8(bytes, 0, 3), true)
})

test('a sequence may not reach beyond the end it is given', () => {
  const bytes = Buffer.from('é工😀')
  assert.equal(isMqttUtf8(bytes, 0, 1), false)
  assert.equal(isMqttUtf8(bytes, 0, 2), true)
  assert.equal(isMqttUtf8(bytes, 2, 4), false)
  assert.equal(isMqttUtf8(bytes, 5, 8), false)
  assert.equal(isMqttUtf8(bytes, 5, 9), true)
  assert.equal(isMqttUtf8(bytes, 9, 9), true)
})

test('[MQTT-1.5.4-3] U+FEFF stays where it is', () => {
  const bytes = Buffer.from('\uFEFFa\uFEFF')
  assert.equal(decodeUtf8(bytes, 0, bytes.length), '\uFEFFa\uFEFF')
})

test('strings are decoded from any place of any byte array', () => {
  const plain = new Uint8Array([9, 97, 98, 0xc3, 0xa9, 9])
  assert.equal(decodeUtf8(plain, 1, 3), 'ab')
  assert.equal(decodeUtf8(plain, 1, 5), 'abé')
  assert.equal(decodeUtf8(plain, 2, 2), '')
})

test('the length in UTF-8 counts bytes', () => {
  assert.equal(utf8Length(''), 0)
  assert.equal(utf8Length('aé工😀'), 10)
  assert.equal(utf8Length('\uD800'), 3)
})
