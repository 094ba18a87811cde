import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readPskFile } from './psk-file.ts'
import { TlsConfigError } from './tls-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'tideway-psk-'))
const path = join(folder, 'psk.txt')
after(() => rmSync(folder, { recursive: true }))

function read(text: string, separator = ':') {
  writeFileSync(path, text)
  const entries = [...readPskFile({ path, separator })]
  return entries.map(([identity, key]) => `${identity}=${Buffer.from(key).toString()}`)
}

test('a line has an identity and a key, which may hold the separator', () => {
  assert.deepEqual(read('a:one\r\n\r\n b:two:three \nc:x\nc:y'), ['a=one', 'b=two:three', 'c=y'])
  assert.deepEqual(read('a::b=>k', '=>'), ['a::b=k'])
  assert.deepEqual(read(''), [])
})

test('a broken line is named and not shown', () => {
  for (const line of ['secret', ':secret', 'a:', `${'i'.repeat(257)}:secret`]) {
    assert.throws(
      () => read(`a:b\n${line}`),
      (error: Error) => {
        assert.ok(error instanceof TlsConfigError)
        assert.match(error.message, /line 2 is not of the form identity:key/)
        return !error.message.includes('secret')
      },
    )
  }
})

test('a file with too many keys is refused', () => {
  const lines = Array.from({ length: 100_001 }, (_, index) => `d${index}:k`)
  assert.throws(() => read(lines.join('\n')), /more than 100000 keys/)
})

test('a file that cannot be read says so', () => {
  assert.throws(() => readPskFile({ path: join(folder, 'none'), separator: ':' }), /ENOENT/)
})
