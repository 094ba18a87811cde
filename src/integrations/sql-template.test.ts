import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MYSQL } from './sql-pieces.ts'
import { compileSqlTemplate } from './sql-template.ts'

function query(sql: string, ...records: readonly Readonly<Record<string, string | number>>[]) {
  return compileSqlTemplate(sql, (number) => `$${number}`).query(records)
}

test('places become parameters, in quotes as well', () => {
  const sql = "UPDATE t SET a = ${a}, b = '${b}', c = 'x ${a}''y' WHERE d = 'z'"
  assert.deepEqual(query(sql, { a: 1, b: "it's" }), {
    sql: "UPDATE t SET a = $1, b = $2, c = $3 WHERE d = 'z'",
    values: [1, "it's", "x 1'y"],
  })
})

test('the rows of a batch go into one INSERT, with what stands around them', () => {
  const sql = 'insert into t (a, b) values (lower(${a}), ${b}) ON CONFLICT (a) DO NOTHING'
  assert.deepEqual(query(sql, { a: 'A', b: 1 }, { a: 'B', b: 2 }), {
    sql: 'insert into t (a, b) values (lower($1), $2), (lower($3), $4) ON CONFLICT (a) DO NOTHING',
    values: ['A', 1, 'B', 2],
  })
})

test('a statement with places outside of its row is no batch', () => {
  const sql = 'INSERT INTO t (a) VALUES (${a}) ON CONFLICT (a) DO UPDATE SET b = ${b}'
  assert.ok(!compileSqlTemplate(sql, () => '?').isBatchable)
  assert.ok(!compileSqlTemplate('DELETE FROM t WHERE a = ${a}', () => '?').isBatchable)
})

test('what is missing is undefined, to be NULL', () => {
  assert.deepEqual(query('INSERT INTO t VALUES (${no.such})', {}).values, [undefined])
})

test('quotes of every kind, and comments, are known for what they are', () => {
  const sql = `SELECT "it's", E'\\'', $f$it's$f$, '\${a}' -- it's \${a}`
  assert.deepEqual(query(sql, { a: 1 }), {
    sql: sql.replace("'${a}'", '$1'),
    values: ['1'].map(() => 1),
  })
  const mysql = compileSqlTemplate(
    String.raw`SELECT 'a\'', "${'${a}'}", ${'`it`'} # ${'${a}'}`,
    () => '?',
    MYSQL,
  )
  assert.equal(mysql.query([{ a: 1 }]).sql, String.raw`SELECT 'a\'', ?, ${'`it`'} # ${'${a}'}`)
})

test('where no parameter can stand, a place is refused', () => {
  assert.throws(() => query('INSERT INTO "t_${a}" VALUES (1)', {}), /name of a table or column/)
  assert.throws(() => query('INSERT INTO t_${a} VALUES (1)', {}), /part of a word/)
  assert.throws(() => query("SELECT E'${a}'", {}), /begins with E'/)
  assert.throws(() => query('SELECT $$${a}$$', {}), /begins with \$\$/)
})
