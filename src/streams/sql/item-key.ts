import type { Expression, Path, Selected } from './tree.ts'

/**
 * Where the value of an item goes: to its alias, or under the name of what it shows: a column as
 * `a`, a path as `a.b`, a text under itself. For the rest a name is made of its kind and position.
 */
export function destinationOf(item: Selected, position: number): Path {
  const { expression, alias, start, end } = item
  if (alias !== undefined) return alias
  const isPath = expression.kind === 'path'
  if (isPath && expression.steps.every(({ kind }) => kind !== 'slice')) return expression
  const root = generatedName(expression, position)
  return { kind: 'path', root, steps: [], start, end }
}

function generatedName(expression: Expression, position: number): string {
  if (expression.kind === 'literal' && typeof expression.value === 'string') {
    return expression.value
  }
  return `_v_${kindName(expression)}_${position + 1}`
}

function kindName(expression: Expression): string {
  if (expression.kind === 'call') return `func_${expression.name}`
  if (expression.kind === 'binary' || expression.kind === 'unary') return `op_${expression.op}`
  if (expression.kind === 'literal') return 'const'
  return expression.kind === 'path' ? 'range' : expression.kind
}
