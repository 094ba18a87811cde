import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { matchesLdapPassword } from './ldap-password.ts'

const password = Buffer.from('pä ss')

function stored(scheme: string, digest: string, salt: Buffer): string {
  const hash = createHash(digest).update(password).update(salt).digest()
  return `{${scheme}}${Buffer.concat([hash, salt]).toString('base64')}`
}

test('passwords of directories match in every scheme, with and without salt', () => {
  const schemes = [
    ['MD5', 'md5'],
    ['SHA', 'sha1'],
    ['SHA256', 'sha256'],
    ['SHA384', 'sha384'],
    ['SHA512', 'sha512'],
  ] as const
  for (const [scheme, digest] of schemes) {
    const plain = stored(scheme, digest, Buffer.alloc(0))
    const salted = stored(`S${scheme}`.toLowerCase(), digest, Buffer.from([0, 255, 7]))
    for (const text of [plain, salted, 'pä ss']) {
      assert.ok(matchesLdapPassword(text, password), text)
      assert.ok(!matchesLdapPassword(text, Buffer.from('pä s')), text)
      assert.ok(!matchesLdapPassword(text, Buffer.alloc(0)), text)
    }
  }
})

test('what is cut short or of an unknown scheme never matches', () => {
  assert.ok(!matchesLdapPassword('{SSHA}', Buffer.alloc(0)))
  assert.ok(!matchesLdapPassword('{SHA}QUJD', Buffer.from('ABC')))
  assert.throws(
    () => matchesLdapPassword('{CRYPT}x', password),
    /\{CRYPT\}; use method.type = bind/,
  )
})
