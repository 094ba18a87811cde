import type { Expression, Path, SelectItem, Statement, Step } from './tree.ts'

/** The expressions directly inside an expression. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'range':
      return []
    case 'path':
      return indexesOf(expression.steps)
    case 'list':
      return expression.items
    case 'call':
      return expression.args
    case 'unary':
      return [expression.operand]
    case 'binary':
      return [expression.left, expression.right]
    case 'in':
      return [expression.operand, ...expression.items]
    case 'case': {
      const { operand, branches, otherwise } = expression
      const inBranches = branches.flatMap(({ when, then }) => [when, then])
      return [operand, ...inBranches, otherwise].filter((part) => part !== undefined)
    }
  }
}

function indexesOf(steps: readonly Step[]): readonly Expression[] {
  return steps.flatMap((step) => (step.kind === 'index' ? [step.index] : []))
}

/** Calls back for an expression and everything in it. */
export function visit(expression: Expression, found: (part: Expression) => void): void {
  found(expression)
  for (const part of partsOf(expression)) visit(part, found)
}

/** The expressions of a list, with the indexes that stand in aliases. */
export function expressionsOf(items: readonly SelectItem[]): readonly Expression[] {
  return items.flatMap((item) => {
    if (item.kind === 'all') return []
    return [item.expression, ...(item.alias === undefined ? [] : indexesOf(item.alias.steps))]
  })
}

/** All expressions of a statement. */
export function statementExpressions(statement: Statement): readonly Expression[] {
  const { items, where } = statement
  const each = statement.kind === 'foreach' ? (statement.each ?? []) : []
  const inCase = statement.kind === 'foreach' ? statement.inCase : undefined
  const conditions = [inCase, where].filter((part) => part !== undefined)
  return [...expressionsOf(items), ...expressionsOf(each), ...conditions]
}

/** The paths in an expression. */
export function pathsIn(expression: Expression): readonly Path[] {
  const paths: Path[] = []
  visit(expression, (part) => {
    if (part.kind === 'path') paths.push(part)
  })
  return paths
}
