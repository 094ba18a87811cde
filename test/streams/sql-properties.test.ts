/** What holds for every statement, and for every text that is none. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseRule } from '#streams/sql/parse-rule.ts'
import { prepareRule } from '#streams/sql/prepare-rule.ts'
import { SqlError } from '#streams/sql/problem.ts'
import { compileExpression } from '#streams/sql/compile-expression.ts'
import { MapRow, Scope } from '#streams/sql/row.ts'
import { ruleDialect } from '#streams/sql/rule-dialect.ts'
import type { Expression } from '#streams/sql/tree.ts'
import { arbitraryExpression, arbitraryStatement } from './support/arbitrary-statement.ts'
import { interpret } from './support/interpret.ts'
import { printExpression, printStatement } from './support/print-statement.ts'
import { sampleMessage, sampleServices } from './samples.ts'

/** A tree without places, so that trees of different texts compare. */
function bare(tree: unknown): unknown {
  return JSON.parse(
    JSON.stringify(tree, (name, value: unknown) => {
      return name === 'start' || name === 'end' || name === 'nameSpan' ? undefined : value
    }),
  )
}

test('what is printed is read back as the same tree', () => {
  fc.assert(
    fc.property(arbitraryStatement, (statement) => {
      const { statement: read, problems } = parseRule(printStatement(statement), ruleDialect)
      assert.deepEqual(problems, [])
      assert.deepEqual(bare(read), bare(statement))
    }),
    { numRuns: 500 },
  )
})

const WORDS = [
  'SELECT FROM FOREACH DO INCASE WHERE CASE WHEN THEN ELSE END AND OR NOT IN AS',
  `* , . ( ) [ ] .. = <> a payload 't' "t" 1 2.5 - + div lower( ; ' " -- /* \` # é \u{1f600}`,
].join(' ')

test('no text makes the parser throw, and all problems lie inside the text', () => {
  const mixed = fc.array(fc.constantFrom(...WORDS.split(' ')), { maxLength: 40 })
  const texts = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    mixed.map((w) => w.join(' ')),
  )
  fc.assert(
    fc.property(texts, (text) => {
      const { problems } = parseRule(text, ruleDialect)
      for (const { start, end, line, column } of problems) {
        assert.ok(start >= 0 && start <= end && end <= text.length)
        assert.equal(
          text
            .split('\n')
            .slice(0, line - 1)
            .join('\n').length + column,
          start + (line === 1 ? 1 : 0),
        )
      }
      try {
        prepareRule(text, ruleDialect)
      } catch (error) {
        assert.ok(error instanceof SqlError, String(error))
      }
    }),
    { numRuns: 2000 },
  )
})

/** The value or that it failed: messages may differ. */
function outcome(run: () => unknown): unknown {
  try {
    return [run()]
  } catch (error) {
    assert.ok(error instanceof Error)
    return 'failed'
  }
}

test('a compiled expression gives what a plain interpreter gives', () => {
  const record = {
    ...sampleMessage(),
    payload: '{"a":{"a":1,"b":[1,2]},"b":"12","list":[3,{"a":4}],"in":true,"x y":null}',
  }
  const names = { outputs: new Set<string>(), bindings: new Set<string>() }
  fc.assert(
    fc.property(arbitraryExpression, (expression: Expression) => {
      const compiled = outcome(() => {
        const scope = new Scope(new MapRow(record), sampleServices(), {})
        return compileExpression(expression, { dialect: ruleDialect, names })(scope)
      })
      const plain = outcome(() => interpret(expression, record))
      assert.deepEqual(compiled, plain, printExpression(expression))
    }),
    { numRuns: 3000 },
  )
})

/** Texts of the greatest length that are hard for parsers that go back. */
const HARD: Readonly<Record<string, string>> = {
  'open parentheses': '('.repeat(65_000),
  'open brackets': 'a['.repeat(32_000),
  'a long path': `SELECT a${'.a'.repeat(32_000)} FROM "t"`,
  'many items': `SELECT ${'a,'.repeat(32_000)}a FROM "t"`,
  'many operators': `SELECT ${'a+'.repeat(32_000)}a FROM "t"`,
  'many mistakes': `SELECT ${'a b c,'.repeat(10_000)}a FROM "t"`,
  'many NOT': `SELECT ${'NOT '.repeat(16_000)}a FROM "t"`,
  'many CASE': `SELECT ${'CASE WHEN a THEN '.repeat(3_000)}a FROM "t"`,
  quotes: `SELECT '${"''".repeat(32_000)}' FROM "t"`,
  comments: '/*'.repeat(30_000),
}

test('the time to read a statement grows with its length only', () => {
  for (const [name, text] of Object.entries(HARD)) {
    const startedUs = process.threadCpuUsage().user
    parseRule(text, ruleDialect)
    const tookMs = (process.threadCpuUsage().user - startedUs) / 1000
    assert.ok(tookMs < 1500, `${name}: ${tookMs} ms`)
  }
})
