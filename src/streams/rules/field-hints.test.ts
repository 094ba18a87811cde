import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRule } from '../sql/parse-rule.ts'
import { formatSqlProblem } from '../sql/problem.ts'
import { ruleDialect } from '../sql/rule-dialect.ts'
import { fieldHints } from './field-hints.ts'

function hints(sql: string): readonly string[] {
  return fieldHints(sql, parseRule(sql, ruleDialect).statement).map(formatSqlProblem)
}

test('a name that no source has is pointed out, with what was probably meant', () => {
  assert.deepEqual(hints('SELECT clientId, topic FROM "t/#" WHERE payloda.x > 1'), [
    '1:8: clientId is no column of t/#: its value is missing; did you mean clientid?',
    '1:41: payloda is no column of t/#: its value is missing; did you mean payload?',
  ])
})

test('columns of any source, aliases and elements are known', () => {
  assert.deepEqual(
    hints('SELECT reason, payload.x AS a, a + 1 AS b FROM "t", "$events/client/+"'),
    [],
  )
  assert.deepEqual(hints('FOREACH payload.l AS e DO e.x, item FROM "t"'), [])
  assert.deepEqual(hints('SELECT anything FROM "$bridges/kafka:x"'), [])
})
