import assert from 'node:assert/strict'
import { it } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { packTar, unpackTar } from './tar.ts'

const BYTES_MAX = 1_000_000

it('an archive comes back as it was', () => {
  const entries = [{ name: 'a/b', content: Buffer.from('text') }]
  const [entry, ...more] = unpackTar(packTar(entries, 0), BYTES_MAX)
  assert.deepEqual([entry?.name, String(entry?.content)], ['a/b', 'text'])
  assert.deepEqual(more, [])
})

it('long names come back, whether a slash parts them well or not', () => {
  const names = [
    'a'.repeat(100),
    `${'a'.repeat(150)}/${'b'.repeat(99)}`,
    'x'.repeat(101),
    `${'p'.repeat(160)}/${'q'.repeat(160)}`,
    `${'n'.repeat(120)}\n1 path=y`,
    // Around the length of 100, whose digits count as well.
    ...Array.from({ length: 20 }, (_, more) => 'ü'.repeat(35) + 'z'.repeat(25 + more)),
  ]
  const entries = names.map((name) => ({ name, content: Buffer.from(name) }))
  const read = unpackTar(packTar(entries, 0), BYTES_MAX)
  assert.deepEqual(
    read.map(({ name, content }) => [name, String(content)]),
    names.map((name) => [name, name]),
  )
})

it('a size that is no octal number is damage', () => {
  for (const size of ['-0000001000', '0000000009 ', '            ']) {
    const bytes = gunzipSync(packTar([{ name: 'a', content: Buffer.from('text') }], 0))
    bytes.write(size.padEnd(12, '\0'), 124, 'latin1')
    bytes.fill(' ', 148, 156)
    const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0)
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    assert.throws(() => unpackTar(gzipSync(bytes), BYTES_MAX), /damaged at byte 0/)
  }
})

it('one that is cut is no archive, wherever that was', () => {
  const packed = packTar([{ name: 'a', content: Buffer.alloc(700, 1) }], 0)
  const bytes = gunzipSync(packed)
  for (const length of [0, 512, 1000, 1536]) {
    const cut = gzipSync(bytes.subarray(0, length))
    assert.throws(() => unpackTar(cut, BYTES_MAX), /cut at byte|damaged at byte 0/, String(length))
  }
  const half = packed.subarray(0, packed.length / 2)
  assert.throws(() => unpackTar(half, BYTES_MAX), /cannot be unpacked: unexpected end of file/)
})

it('one that is larger unpacked than it may be is not unpacked', () => {
  const bomb = gzipSync(Buffer.alloc(BYTES_MAX + 1))
  assert.throws(() => unpackTar(bomb, BYTES_MAX), /cannot be unpacked/)
})

it('links and folders are passed over', () => {
  const bytes = gunzipSync(packTar([{ name: 'certs/link', content: Buffer.alloc(0) }], 0))
  for (const kind of ['1', '2', '3', '5']) {
    bytes.write(kind, 156, 'latin1')
    bytes.write('/etc/passwd', 157, 'latin1')
    bytes.fill(' ', 148, 156)
    const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0)
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    assert.deepEqual(unpackTar(gzipSync(bytes), BYTES_MAX), [])
  }
})
