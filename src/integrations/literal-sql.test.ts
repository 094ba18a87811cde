import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DriverError } from '#drivers/driver-error.ts'
import type { ValueMap } from '#plugin/value.ts'
import { backslashQuoted, compileLiteralSql } from './literal-sql.ts'
import { CLICKHOUSE, type SqlDialect, TDENGINE } from './sql-pieces.ts'

function statement(dialect: SqlDialect, sql: string, ...records: readonly ValueMap[]): string {
  return compileLiteralSql(sql, dialect, backslashQuoted, ', ').statement(records)
}

const EVIL = `x', 1); DROP TABLE t; -- " \` \\`
const WRITTEN = String.raw`'x\', 1); DROP TABLE t; -- " ${'`'} \\'`

test('no value leaves the quotes that it stands in, whichever they are', () => {
  for (const sql of ["'${v}'", '"${v}"', '${v}']) {
    assert.equal(
      statement(TDENGINE, `INSERT INTO t VALUES (${sql})`, { v: EVIL }),
      `INSERT INTO t VALUES (${WRITTEN})`,
    )
  }
  assert.equal(
    statement(TDENGINE, `INSERT INTO t VALUES ("it's", '\${v}', "a")`, { v: EVIL }),
    `INSERT INTO t VALUES ("it's", ${WRITTEN}, "a")`,
  )
})

test('a quote after a backslash ends nothing', () => {
  const sql = String.raw`INSERT INTO t VALUES ('a\'b', ${'${v}'}, 'c\\', ${'${v}'})`
  const expected = String.raw`INSERT INTO t VALUES ('a\'b', ${WRITTEN}, 'c\\', ${WRITTEN})`
  assert.equal(statement(CLICKHOUSE, sql, { v: EVIL }), expected)
})

test('a place in the quotes of a name is a name, and refused when it cannot be one', () => {
  const sql = 'INSERT INTO `d_${id}` USING s TAGS (${id}) VALUES (${v})'
  assert.equal(
    statement(TDENGINE, sql, { id: 'a b', v: 1 }),
    "INSERT INTO `d_a b` USING s TAGS ('a b') VALUES (1)",
  )
  for (const id of ['a`; DROP', 'a\\', 'a\n', '"', '']) {
    const write = () => statement(TDENGINE, 'INSERT INTO `${id}` VALUES (1)', { id })
    assert.throws(write, (error) => error instanceof DriverError && error.kind === 'fatal', id)
  }
  assert.throws(() => statement(CLICKHOUSE, 'SELECT "${id}"', { id: '"' }), /cannot be the name/)
})

test('a place that is a part of a word is refused when the action is made', () => {
  assert.throws(() => compileLiteralSql('INSERT INTO d_${id} VALUES (1)', TDENGINE, String, ''), {
    message: '${id} is a part of a word: write the whole text in quotes with the place in it',
  })
  assert.throws(() => compileLiteralSql("SELECT 'a", TDENGINE, String, ''), /does not end/)
})

test('comments keep their places and hide their quotes', () => {
  const sql = "INSERT INTO t -- it's ${v}\nVALUES (/* ' */ ${v})"
  assert.equal(statement(CLICKHOUSE, sql, { v: 'x' }), sql.replace(/\$\{v\}\)$/, "'x')"))
})

test('a number that a minus stands before makes no comment', () => {
  const sql = 'SELECT 1-${v}, -${v}, ${v}'
  for (const v of [-5, -5n]) {
    assert.equal(statement(CLICKHOUSE, sql, { v }), 'SELECT 1- -5, - -5,  -5')
  }
  assert.equal(statement(CLICKHOUSE, sql, { v: -0 }), 'SELECT 1-0, -0, 0')
  assert.equal(statement(CLICKHOUSE, sql, { v: -1e-7 }), 'SELECT 1- -1e-7, - -1e-7,  -1e-7')
})

test('what is no number of SQL is NULL, and a time is a text', () => {
  const sql = 'INSERT INTO t VALUES (${v})'
  for (const v of [Infinity, -Infinity, NaN, JSON.parse('1e400') as number]) {
    assert.equal(statement(TDENGINE, sql, { v }), 'INSERT INTO t VALUES (NULL)')
  }
  assert.equal(
    statement(TDENGINE, sql, { v: new Date(0) }),
    "INSERT INTO t VALUES ('1970-01-01T00:00:00.000Z')",
  )
})
