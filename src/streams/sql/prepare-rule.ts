import { analyseRule } from './analyse.ts'
import { compileRule } from './compile-rule.ts'
import type { RuleProgram } from './compile-rule.ts'
import type { Dialect } from './dialect.ts'
import { parseRule } from './parse-rule.ts'
import { ProblemList, SqlError } from './problem.ts'
import type { SqlProblem } from './problem.ts'
import type { Statement } from './tree.ts'

/** A statement that can run. */
export interface PreparedRule {
  /** Topic filters and names of events after FROM, each once. */
  readonly sources: readonly string[]
  readonly statement: Statement
  readonly program: RuleProgram
}

/**
 * From the text of a statement to a program.
 * @throws SqlError with all that is wrong
 */
export function prepareRule(text: string, dialect: Dialect): PreparedRule {
  const { statement, problems } = checkRule(text, dialect)
  if (problems.length > 0) throw new SqlError(problems)
  return {
    sources: [...new Set(statement.sources.map(({ name }) => name))],
    statement,
    program: compileRule(statement, dialect),
  }
}

/** Everything that is wrong with a statement, in the order of the text; empty if it can run. */
export function checkRule(
  text: string,
  dialect: Dialect,
): { readonly statement: Statement; readonly problems: readonly SqlProblem[] } {
  const parsed = parseRule(text, dialect)
  const list = new ProblemList(text)
  for (const problem of parsed.problems) list.add(problem, problem)
  analyseRule(parsed.statement, dialect, list)
  return { statement: parsed.statement, problems: list.sorted() }
}
