/** Every example of every function, through the whole of SQL: they are the reference's, too. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import type { FunctionDefinition, FunctionExample } from '#plugin/define-function.ts'
import type { Value } from '#plugin/value.ts'
import { sampleMessage, sampleServices } from '../../../test/streams/samples.ts'
import { arity } from '../sql/function-catalog.ts'
import { prepareRule } from '../sql/prepare-rule.ts'
import { MapRow } from '../sql/row.ts'
import { ruleDialect } from '../sql/rule-dialect.ts'

function evaluate({ sql, given }: FunctionExample): Value {
  const { program } = prepareRule(`SELECT ${sql} AS result FROM "t"`, ruleDialect)
  const outputs = program(new MapRow({ ...sampleMessage(), ...given }), sampleServices())
  return outputs[0]?.result
}

function check(example: FunctionExample): void {
  const { gives, fails, satisfies } = example
  if (fails !== undefined) {
    assert.throws(
      () => evaluate(example),
      (error) => error instanceof Error && error.message.includes(fails),
    )
    return
  }
  const result = evaluate(example)
  if (satisfies === undefined) assert.deepEqual(result, gives)
  else assert.ok(satisfies(result), `the result is ${inspect(result)}`)
}

function titleOf({ name, arguments: args }: FunctionDefinition): string {
  return `${name}/${args.length}`
}

describe('functions do what their examples say', () => {
  for (const definition of ruleDialect.functions.all) {
    test(titleOf(definition), () => {
      for (const example of definition.examples) check(example)
    })
  }
})

describe('descriptions of functions', () => {
  for (const definition of ruleDialect.functions.all) {
    test(`${titleOf(definition)} is described`, () => {
      const { name, text, examples, arguments: args } = definition
      assert.match(name, /^[a-z][a-z0-9_]*$/)
      assert.match(text, /^\S.*\.$/s, 'whole sentences')
      assert.ok(examples.some(({ sql }) => sql.toLowerCase().includes(`${name}(`)))
      assert.ok(arity(definition).min <= args.length)
      const kinds = args.map((one) => (one.variadic ? 2 : one.optional ? 1 : 0))
      assert.deepEqual(
        kinds,
        kinds.toSorted((a, b) => a - b),
        'optional arguments come last',
      )
    })
  }
})
