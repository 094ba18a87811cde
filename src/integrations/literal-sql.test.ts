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
