import type { FunctionServices } from '#plugin/define-function.ts'
import type { Value } from '#plugin/value.ts'
import { compileCall } from './compile-call.ts'
import type { Evaluate } from './compiled.ts'
import { compilePath } from './compile-path.ts'
import type { Names } from './compile-path.ts'
import type { Dialect } from './dialect.ts'
import { EvaluationError, MapRow, Scope } from './row.ts'
import type { Binary, Call, Case, Expression, Membership, Unary } from './tree.ts'

/** What an expression is compiled with. */
export interface CompileContext {
  readonly dialect: Dialect
  readonly names: Names
}

/** An expression, and whether it is the same for every record. */
interface Compiled {
  readonly run: Evaluate
  readonly isConstant: boolean
}

/**
 * Compiles an analysed expression to a function. Parts that are the same for every record are
 * computed now.
 */
export function compileExpression(expression: Expression, context: CompileContext): Evaluate {
  return compile(expression, context).run
}

function compile(expression: Expression, context: CompileContext): Compiled {
  const compiled = compileNode(expression, context)
  return compiled.isConstant && expression.kind !== 'literal' ? fold(compiled) : compiled
}

function compileNode(expression: Expression, context: CompileContext): Compiled {
  switch (expression.kind) {
    case 'literal': {
      const { value } = expression
      return { run: () => value, isConstant: true }
    }
    case 'path': {
      const { names, dialect } = context
      const { firstIndex } = dialect.semantics
      const run = compilePath(expression, names, firstIndex, ({ index }) => {
        return compileExpression(index, context)
      })
      return { run, isConstant: false }
    }
    case 'list':
      return compileList(expression.items, context)
    case 'range': {
      const range = rangeOf(expression.from, expression.to)
      return { run: () => range, isConstant: true }
    }
    case 'call':
      return compileFunction(expression, context)
    case 'unary':
      return compileUnary(expression, context)
    case 'binary':
      return compileBinary(expression, context)
    case 'in':
      return compileMembership(expression, context)
    case 'case':
      return compileCase(expression, context)
  }
}

/** There are no services at the time of compilation, and no constant asks for one. */
const NO_SERVICES: FunctionServices = {
  nowMs: () => 0,
  random: () => 0,
  environment: () => undefined,
  shared: { get: () => undefined, set: () => {}, delete: () => {} },
  privateTo: () => NO_SERVICES.shared,
  jqTimeoutMs: 10_000,
  schemas: { find: () => undefined },
}

/** Computes a constant now. What fails will fail for every record. */
function fold({ run }: Compiled): Compiled {
  try {
    const value = run(new Scope(new MapRow({}), NO_SERVICES, {}))
    return { run: () => value, isConstant: true }
  } catch {
    return { run, isConstant: false }
  }
}

function compileList(items: readonly Expression[], context: CompileContext): Compiled {
  const parts = items.map((item) => compile(item, context))
  const runs = parts.map(({ run }) => run)
  return {
    run: (scope) => runs.map((run) => run(scope)),
    isConstant: parts.every(({ isConstant }) => isConstant),
  }
}

/** Elements of a range literal; both ends included, upwards or downwards. */
function rangeOf(from: number, to: number): readonly number[] {
  const step = from <= to ? 1 : -1
  return Array.from({ length: Math.abs(to - from) + 1 }, (_, index) => from + index * step)
}

function compileFunction(call: Call, context: CompileContext): Compiled {
  const { functions, semantics } = context.dialect
  const definition = functions.find(call.name, call.args.length)
  if (definition === undefined) {
    throw new EvaluationError('sql_function_not_supported', `there is no function ${call.name}`)
  }
  const args = call.args.map((arg) => compile(arg, context))
  const run = compileCall(
    definition,
    args.map((arg) => arg.run),
    semantics,
  )
  const isConstant = !definition.impure && args.every((arg) => arg.isConstant)
  return { run, isConstant }
}

function compileUnary({ op, operand }: Unary, context: CompileContext): Compiled {
  const { run, isConstant } = compile(operand, context)
  const { semantics } = context.dialect
  if (op === 'not') return { run: (scope) => run(scope) === false, isConstant }
  const apply = op === '-' ? semantics.negate : semantics.affirm
  return { run: (scope) => apply(run(scope)), isConstant }
}

function compileBinary({ op, left, right }: Binary, context: CompileContext): Compiled {
  const one = compile(left, context)
  const other = compile(right, context)
  const isConstant = one.isConstant && other.isConstant
  const a = one.run
  const b = other.run
  if (op === 'and') return { run: (scope) => a(scope) === true && b(scope) === true, isConstant }
  if (op === 'or') return { run: (scope) => a(scope) === true || b(scope) === true, isConstant }
  const apply = context.dialect.semantics.binary[op]
  if (!isConstant && other.isConstant && right.kind === 'literal') {
    const { value } = right
    return { run: (scope) => apply(a(scope), value), isConstant }
  }
  return { run: (scope) => apply(a(scope), b(scope)), isConstant }
}

function compileMembership(node: Membership, context: CompileContext): Compiled {
  const { semantics } = context.dialect
  const operand = compile(node.operand, context)
  const items = compileList(node.items, context)
  const expected = !node.negated
  const { run } = operand
  // A list of items gives a list.
  const all = items.run as (scope: Scope) => readonly Value[]
  return {
    run: (scope) => semantics.isMember(run(scope), all(scope)) === expected,
    isConstant: operand.isConstant && items.isConstant,
  }
}

function compileCase(node: Case, context: CompileContext): Compiled {
  const { matchesCase } = context.dialect.semantics
  const branches = node.branches.map(({ when, then }) => ({
    when: compileExpression(when, context),
    then: compileExpression(then, context),
  }))
  const otherwise: Evaluate =
    node.otherwise === undefined ? () => undefined : compileExpression(node.otherwise, context)
  if (node.operand === undefined) {
    const run: Evaluate = (scope) => {
      for (const { when, then } of branches) if (when(scope) === true) return then(scope)
      return otherwise(scope)
    }
    return { run, isConstant: false }
  }
  const operand = compileExpression(node.operand, context)
  const run: Evaluate = (scope) => {
    const value = operand(scope)
    for (const { when, then } of branches) {
      if (matchesCase(value, when(scope))) return then(scope)
    }
    return otherwise(scope)
  }
  return { run, isConstant: false }
}
