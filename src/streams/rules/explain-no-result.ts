/** Says why a record has no output: for traces and trials, not for every message. */
import type { FunctionServices } from '#plugin/define-function.ts'
import { isList } from '#plugin/value.ts'
import type { MutableValueMap, Value, ValueMap } from '#plugin/value.ts'
import { compileExpression } from '../sql/compile-expression.ts'
import { compileProjection } from '../sql/compile-rule.ts'
import type { Row, Scope } from '../sql/row.ts'
import { ruleDialect } from '../sql/rule-dialect.ts'
import type { Expression, Statement } from '../sql/tree.ts'
import { pathsIn } from '../sql/visit.ts'

const NO_NAMES: ReadonlySet<string> = new Set()

/**
 * The first part of the condition that does not hold, with the values in it; or what is wrong with
 * the list of FOREACH. Evaluates the statement once more.
 */
export function explainNoResult(
  sql: string,
  statement: Statement,
  row: Row,
  services: FunctionServices,
): ValueMap {
  const { project, names } = compileProjection(statement, ruleDialect)
  const scope = project(row, services)
  const read = (expression: Expression): Value => {
    const context = { dialect: ruleDialect, names: { outputs: names, bindings: NO_NAMES } }
    return compileExpression(expression, context)(scope)
  }
  const parts = statement.where === undefined ? [] : conjuncts(statement.where)
  const failing = parts.find((part) => read(part) !== true)
  if (failing !== undefined) return describeCondition(sql, failing, read)
  return { reason: reasonOfList(statement, scope) }
}

/** The parts of a condition that all have to hold. */
function conjuncts(condition: Expression): readonly Expression[] {
  if (condition.kind !== 'binary' || condition.op !== 'and') return [condition]
  return [...conjuncts(condition.left), ...conjuncts(condition.right)]
}

function describeCondition(
  sql: string,
  part: Expression,
  read: (expression: Expression) => Value,
): ValueMap {
  const values: MutableValueMap = {}
  for (const path of pathsIn(part)) values[textOf(sql, path)] = read(path) ?? 'undefined'
  return { reason: 'the condition is not met', condition: textOf(sql, part), values }
}

function textOf(sql: string, { start, end }: Expression): string {
  return sql.slice(start, end)
}

function reasonOfList(statement: Statement, scope: Scope): string {
  if (statement.kind === 'select') return 'the condition is not met'
  const list = Object.values(scope.output).at(-1)
  if (!isList(list)) return 'the value after FOREACH is no list'
  if (list.length === 0) return 'the list after FOREACH is empty'
  return 'no element of the list meets the condition after INCASE'
}
