import type { FunctionServices } from '#plugin/define-function.ts'
import type { Value } from '#plugin/value.ts'
import { analyseRule } from './analyse.ts'
import { compileExpression } from './compile-expression.ts'
import { tokenize } from './lexer.ts'
import { parseExpression } from './parse-expression.ts'
import { ProblemList, SqlError } from './problem.ts'
import { expressionDialect } from './rule-dialect.ts'
import { Scope } from './row.ts'
import type { Row } from './row.ts'
import { TokenStream, Unparsable } from './token-stream.ts'
import { TokenKind } from './token.ts'
import type { Expression } from './tree.ts'

/** Computes the value of an expression for a record. */
export type ExpressionProgram = (row: Row, services: FunctionServices) => Value

const NO_NAMES: ReadonlySet<string> = new Set()

/**
 * From the text of a single expression to a program.
 * @throws SqlError with all that is wrong
 */
export function prepareExpression(text: string): ExpressionProgram {
  const expression = read(text)
  const names = { outputs: NO_NAMES, bindings: NO_NAMES }
  const run = compileExpression(expression, { dialect: expressionDialect, names })
  return (row, services) => run(new Scope(row, services, {}))
}

function read(text: string): Expression {
  const problems = new ProblemList(text)
  const stream = new TokenStream(
    tokenize(text, expressionDialect, problems),
    expressionDialect,
    problems,
  )
  try {
    const expression = parseExpression(stream)
    if (stream.token.kind !== TokenKind.END) stream.fail(['end of the expression', 'an operator'])
    const { start, end } = expression
    const items = [{ kind: 'selected' as const, expression, alias: undefined, start, end }]
    const statement = { kind: 'select' as const, items, sources: [], where: undefined }
    analyseRule(statement, expressionDialect, problems)
    if (problems.problems.length === 0) return expression
  } catch (error) {
    if (!(error instanceof Unparsable)) throw error
  }
  throw new SqlError(problems.sorted())
}
