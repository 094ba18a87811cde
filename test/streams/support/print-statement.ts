/** SQL text of a syntax tree, with more parentheses than needed. */
import type { Expression, Path, SelectItem, Statement, Step } from '#streams/sql/tree.ts'

/** The text of an expression. */
export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'literal':
      return printLiteral(expression.value)
    case 'path':
      return printPath(expression)
    case 'list':
      return `[${expression.items.map(printExpression).join(', ')}]`
    case 'range':
      return `[${expression.from}..${expression.to}]`
    case 'call':
      return `${expression.name}(${expression.args.map(printExpression).join(', ')})`
    case 'unary':
      return `(${expression.op} ${printExpression(expression.operand)})`
    case 'binary': {
      const { op, left, right } = expression
      return `(${printExpression(left)} ${op} ${printExpression(right)})`
    }
    case 'in': {
      const { negated, operand, items } = expression
      const list = items.map(printExpression).join(', ')
      return `(${printExpression(operand)} ${negated ? 'NOT ' : ''}IN (${list}))`
    }
    case 'case': {
      const { operand, branches, otherwise } = expression
      const head = operand === undefined ? '' : `${printExpression(operand)} `
      const whens = branches.map(({ when, then }) => {
        return `WHEN ${printExpression(when)} THEN ${printExpression(then)} `
      })
      const last = otherwise === undefined ? '' : `ELSE ${printExpression(otherwise)} `
      return `CASE ${head}${whens.join('')}${last}END`
    }
  }
}

function printLiteral(value: unknown): string {
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  return Number.isInteger(value) || typeof value !== 'number' ? String(value) : value.toFixed(3)
}

function printPath({ root, steps }: Path): string {
  return `"${root.replaceAll('"', '""')}"${steps.map(printStep).join('')}`
}

function printStep(step: Step): string {
  if (step.kind === 'key') return `."${step.key.replaceAll('"', '""')}"`
  if (step.kind === 'slice') return `[${step.from}..${step.to}]`
  return step.fromEnd ? '[-0]' : `[${printExpression(step.index)}]`
}

function printItem(item: SelectItem): string {
  if (item.kind === 'all') return '*'
  const alias = item.alias === undefined ? '' : ` AS ${printPath(item.alias)}`
  return `${printExpression(item.expression)}${alias}`
}

/** The text of a statement. */
export function printStatement(statement: Statement): string {
  const items = statement.items.map(printItem).join(', ')
  const sources = statement.sources.map(({ name }) => `"${name}"`).join(', ')
  const where = statement.where === undefined ? '' : ` WHERE ${printExpression(statement.where)}`
  if (statement.kind === 'select') return `SELECT ${items} FROM ${sources}${where}`
  const { each, inCase } = statement
  const doing = each === undefined ? '' : ` DO ${each.map(printItem).join(', ')}`
  const incase = inCase === undefined ? '' : ` INCASE ${printExpression(inCase)}`
  return `FOREACH ${items}${doing}${incase} FROM ${sources}${where}`
}
