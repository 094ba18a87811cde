import { nearestName } from '#config/suggest.ts'
import { destinationOf } from '../sql/item-key.ts'
import { ProblemList } from '../sql/problem.ts'
import type { SqlProblem } from '../sql/problem.ts'
import type { SelectItem, Statement } from '../sql/tree.ts'
import { pathsIn, statementExpressions } from '../sql/visit.ts'
import { COMMON_SAMPLE, eventsNamed, kindOfSource, MESSAGE_PUBLISH } from './event-sources.ts'

/**
 * Names in a statement that none of its sources has as a column and that are no aliases: no error,
 * for their value is then missing, but most likely a slip of the pen.
 */
export function fieldHints(text: string, statement: Statement): readonly SqlProblem[] {
  const names = statement.sources.map(({ name }) => name)
  // Bridges have columns of their own.
  if (names.some((name) => kindOfSource(name) === 'bridge')) return []
  const known = new Set([...columnsOf(names), ...aliasesOf(statement)])
  const problems = new ProblemList(text)
  for (const expression of statementExpressions(statement)) {
    for (const path of pathsIn(expression)) {
      if (known.has(path.root)) continue
      const near = nearestName(path.root, known)
      const hint = near === undefined ? undefined : `did you mean ${near}?`
      const message = `${path.root} is no column of ${names.join(', ')}: its value is missing`
      problems.add(path, { message, hint })
    }
  }
  return problems.sorted()
}

function columnsOf(names: readonly string[]): readonly string[] {
  const sources = names.flatMap((name) => {
    return kindOfSource(name) === 'event' ? eventsNamed(name) : [MESSAGE_PUBLISH]
  })
  const samples = [COMMON_SAMPLE, ...sources.map(({ sample }) => sample)]
  return samples.flatMap((sample) => Object.keys(sample))
}

function aliasesOf(statement: Statement): readonly string[] {
  const rootsOf = (items: readonly SelectItem[]): readonly string[] => {
    return items.flatMap((item, position) => {
      if (item.kind === 'all' || item.alias === undefined) return []
      return [destinationOf(item, position).root]
    })
  }
  if (statement.kind === 'select') return rootsOf(statement.items)
  return ['item', ...rootsOf(statement.items), ...rootsOf(statement.each ?? [])]
}
