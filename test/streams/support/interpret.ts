/**
 * Evaluates expressions of the rule dialect by walking the tree: slow, plain, and written without
 * looking at how the compiler does it. Operators and functions are those of the dialect.
 */
import { isList, isMap } from '#plugin/value.ts'
import type { Value, ValueMap } from '#plugin/value.ts'
import { ruleDialect } from '#streams/sql/rule-dialect.ts'
import type { Expression, Path } from '#streams/sql/tree.ts'

const { semantics, functions } = ruleDialect

/** @throws whatever makes the statement fail for this record */
export function interpret(expression: Expression, record: ValueMap): Value {
  const value = (part: Expression): Value => interpret(part, record)
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'path':
      return readPath(expression, record)
    case 'list':
      return expression.items.map(value)
    case 'range':
      throw new Error('not generated')
    case 'call':
      return call(expression.name, expression.args.map(value))
    case 'unary':
      if (expression.op === 'not') return value(expression.operand) === false
      return semantics.negate(value(expression.operand))
    case 'binary': {
      const { op, left, right } = expression
      if (op === 'and') return value(left) === true && value(right) === true
      if (op === 'or') return value(left) === true || value(right) === true
      return semantics.binary[op](value(left), value(right))
    }
    case 'in': {
      const operand = value(expression.operand)
      return semantics.isMember(operand, expression.items.map(value)) !== expression.negated
    }
    case 'case': {
      const { operand, branches, otherwise } = expression
      const wanted = operand === undefined ? true : value(operand)
      for (const { when, then } of branches) {
        const found = value(when)
        const matches =
          operand === undefined ? found === true : semantics.matchesCase(wanted, found)
        if (matches) return value(then)
      }
      return otherwise === undefined ? undefined : value(otherwise)
    }
  }
}

function call(name: string, args: readonly Value[]): Value {
  const definition = functions.find(name, args.length)
  if (definition === undefined) throw new Error(`no function ${name}`)
  for (const [index, { type }] of definition.arguments.entries()) {
    const value = args[index]
    if (type !== 'any' && typeof value !== type) throw new Error(`${name} got a wrong type`)
  }
  return (definition.call as unknown as (...values: readonly Value[]) => Value)(...args)
}

function readPath({ root, steps }: Path, record: ValueMap): Value {
  let value: Value = own(record, root)
  if (root === 'payload' && steps.length > 0) value = JSON.parse(value as string) as Value
  for (const step of steps) {
    if (step.kind === 'slice') throw new Error('not generated')
    const index = step.kind === 'key' ? step.key : interpret(step.index, record)
    value = typeof index === 'string' ? member(value, index) : element(value, index)
  }
  return value
}

function member(value: Value, key: string): Value {
  const map = isMap(value) ? value : parsed(value)
  return isMap(map) ? own(map, key) : undefined
}

function element(value: Value, index: Value): Value {
  const list = isList(value) ? value : parsed(value)
  if (!isList(list) || typeof index !== 'number' || !Number.isInteger(index)) return undefined
  return index < 0 ? list[list.length + index] : list[index - 1]
}

function parsed(value: Value): Value {
  try {
    return typeof value === 'string' ? (JSON.parse(value) as Value) : undefined
  } catch {
    return undefined
  }
}

function own(map: ValueMap, key: string): Value {
  return Object.hasOwn(map, key) ? map[key] : undefined
}
