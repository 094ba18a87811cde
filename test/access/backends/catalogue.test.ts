/** What the documentation shows of each other system passes the tests of its kind. */
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
    const text = testsOf(backend)
    assert.match(text, /^describeAuthentication\(/m, backend)
    assert.ok(
      text.includes(`exampleAuthenticator({ backend: '${backend}'`),
      `${backend}: the example`,
    )
  }
  assert.equal(others(sources).length, 6)
  for (const type of others(sources)) {
    const text = testsOf(type)
    assert.match(text, /^describeAuthorization\(/m, type)
    assert.match(text, new RegExp(`exampleSource\\(\\s*\\{ type: '${type}'`), type)
  }
})
