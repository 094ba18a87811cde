/** Every authenticator and every source over another system passes the tests of its kind. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { AUTHENTICATORS } from '#access/authentication/catalog.ts'
import { AUTHORIZERS } from '#access/authorization/catalog.ts'

/** They ask no other system. */
const OWN: ReadonlySet<string> = new Set(['built_in_database', 'file'])

function testsOf(backend: string): string {
  return readFileSync(join(import.meta.dirname, `${backend}.test.ts`), 'utf8')
}

test('a backend that hangs, dies, is slow or answers nonsense is tested with each of them', () => {
  const authenticators = AUTHENTICATORS.flatMap(({ backend }) => backend ?? [])
  const sources = AUTHORIZERS.map(({ type }) => type)
  const others = (names: readonly string[]) => names.filter((name) => !OWN.has(name))
  assert.equal(others(authenticators).length, 6)
  for (const backend of others(authenticators)) {
    assert.match(testsOf(backend), /^describeAuthentication\(/m, backend)
  }
  assert.equal(others(sources).length, 6)
  for (const type of others(sources)) assert.match(testsOf(type), /^describeAuthorization\(/m, type)
})
