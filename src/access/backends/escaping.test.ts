/** Values of clients stay values, whatever they hold. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkSqlTemplate } from '#config/fields/backends/sql-template.ts'
import { compileFilter, fillFilter } from './open-mongodb.ts'
import { escapeDnValue, escapeFilterValue } from './open-ldap.ts'
import { compileCommand, fillCommand, readHash } from './redis-command.ts'
import { compileSql, fillSql } from './sql-statement.ts'

const EVIL = "x' OR '1'='1"
const values = (name: string) => (name === 'username' ? EVIL : undefined)

describe('SQL', () => {
  it('has parameters where placeholders were, with or without quotes', () => {
    const query = 'SELECT a FROM t WHERE u = ${username} AND c = \'${clientid}\' AND x = "y"'
    const numbered = compileSql(query, 'numbers')
    assert.equal(numbered.sql, 'SELECT a FROM t WHERE u = $1 AND c = $2 AND x = "y"')
    assert.deepEqual(fillSql(numbered, values), [EVIL, null])
    assert.equal(
      compileSql(query, 'marks').sql,
      'SELECT a FROM t WHERE u = ? AND c = ? AND x = "y"',
    )
  })

  it('is refused with a placeholder inside a longer text in quotes', () => {
    assert.match(checkSqlTemplate("SELECT 'user-${username}'") ?? '', /inside the quoted text/)
    assert.match(checkSqlTemplate("SELECT 'it''s ${username}'") ?? '', /inside the quoted text/)
    assert.equal(checkSqlTemplate("SELECT 'it''s', ${username}, 'x'"), undefined)
  })
})

describe('LDAP', () => {
  it('takes a value for what it is, in filters and names', () => {
    assert.equal(escapeFilterValue('a*)(uid=\\\0'), 'a\\2a\\29\\28uid=\\5c\\00')
    assert.equal(escapeDnValue(' a,ou="x"+b; '), '\\20a\\2cou\\3d\\22x\\22\\2bb\\3b\\20')
  })
})

describe('Redis', () => {
  it('gets a value as one word, even when there are spaces in it', () => {
    const command = compileCommand('HMGET user:${username} password_hash')
    const words = fillCommand(command, () => 'ann password_hash\r\nFLUSHALL')
    assert.deepEqual(words, ['HMGET', 'user:ann password_hash\r\nFLUSHALL', 'password_hash'])
  })

  it('is not asked for a client that lacks the value', () => {
    assert.equal(fillCommand(compileCommand('HGETALL user:${clientid}'), values), undefined)
  })

  it('answers hashes in three ways', () => {
    const expected = new Map([['password_hash', 'h']])
    assert.deepEqual(readHash(['HGET', 'k', 'password_hash'], 'h'), expected)
    assert.deepEqual(readHash(['HMGET', 'k', 'password_hash', 'salt'], ['h', null]), expected)
    assert.deepEqual(readHash(['HGETALL', 'k'], ['password_hash', 'h']), expected)
    assert.throws(() => readHash(['HGETALL', 'k'], 'OK'), /no list/)
  })
})

describe('MongoDB', () => {
  it('gets text, and is not asked for a client that lacks the value', () => {
    const filter = compileFilter({ name: '${username}' })
    assert.deepEqual(
      fillFilter(filter, () => '{"$ne":null}'),
      { name: '{"$ne":null}' },
    )
    assert.equal(
      fillFilter(filter, () => undefined),
      undefined,
    )
  })
})
