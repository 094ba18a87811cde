import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { REDACTED } from './encode.ts'
import { keepSecrets } from './keep-secrets.ts'
import type { Plain } from './hocon/value.ts'

const REDIS = { mechanism: 'password_based', backend: 'redis', password: 'r' }
const MYSQL = { mechanism: 'password_based', backend: 'mysql', password: 'm' }

function keep(value: Plain, present: Plain): Plain {
  return keepSecrets(value, present, [], (path) => new Error(path.join('.')))
}

function hidden<T extends object>(item: T): T {
  return { ...item, password: REDACTED }
}

describe('hidden secrets that come back', () => {
  it('are those that there are', () => {
    const shown = { a: { password: REDACTED, size: 2 } }
    assert.deepEqual(keep(shown, { a: { password: 'p', size: 1 } }), {
      a: { password: 'p', size: 2 },
    })
  })

  it('stay with their item when a list is put in another order', () => {
    assert.deepEqual(keep([hidden(MYSQL), hidden(REDIS)], [REDIS, MYSQL]), [MYSQL, REDIS])
    assert.deepEqual(keep([hidden(MYSQL)], [REDIS, MYSQL]), [MYSQL])
  })

  it('are found by their place in lists without names', () => {
    assert.deepEqual(keep([REDACTED, 'x'], ['a', 'b']), ['a', 'x'])
  })

  it('are an error where there is nothing to keep, also for an item of another kind', () => {
    assert.throws(() => keep([hidden(MYSQL)], [REDIS]), /^Error: 0\.password$/)
  })
})
