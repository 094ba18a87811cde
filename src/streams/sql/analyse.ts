import { nearestName } from '#config/suggest.ts'
import type { Dialect } from './dialect.ts'
import { arity } from './function-catalog.ts'
import type { ProblemList } from './problem.ts'
import type { Call, SelectItem, Statement } from './tree.ts'
import { statementExpressions, visit } from './visit.ts'

/** Reports what a statement that can be read still has wrong. */
export function analyseRule(statement: Statement, dialect: Dialect, problems: ProblemList): void {
  for (const expression of statementExpressions(statement)) {
    visit(expression, (part) => {
      if (part.kind === 'call') checkCall(part, dialect, problems)
      if (part.kind === 'range') checkRange(part, problems)
    })
  }
  checkAliases(statement.items, problems)
  if (statement.kind !== 'foreach') return
  checkAliases(statement.each ?? [], problems)
  const last = statement.items.at(-1)
  if (last?.kind === 'all') {
    const hint = 'name the list: FOREACH payload.sensors'
    problems.add(last, { message: 'FOREACH takes a list, not *', hint })
  }
}

function checkCall(call: Call, { functions }: Dialect, problems: ProblemList): void {
  const { name, nameSpan, args } = call
  const entries = functions.named(name)
  if (entries.length === 0) {
    const near = nearestName(name.toLowerCase(), functions.names)
    const hint = near === undefined ? undefined : `did you mean ${near}?`
    problems.add(nameSpan, { message: `there is no function ${name}`, hint })
    return
  }
  if (functions.find(name, args.length) !== undefined) return
  const wanted = entries.map((entry) => countText(arity(entry))).join(' or ')
  const uses = entries.map((entry) => signatureOf(entry)).join(' or ')
  const message = `${name} takes ${wanted}, not ${args.length}`
  problems.add(nameSpan, { message, hint: `write ${uses}` })
}

function countText({ min, max }: { readonly min: number; readonly max: number }): string {
  if (max === Number.POSITIVE_INFINITY) return `${min} or more arguments`
  if (min === max) return min === 1 ? '1 argument' : `${min} arguments`
  return `${min} to ${max} arguments`
}

/** How a function is called: `substr(text, start[, length])`. */
export function signatureOf(definition: Parameters<typeof arity>[0]): string {
  let text = ''
  for (const [index, { name, optional, variadic }] of definition.arguments.entries()) {
    const comma = index === 0 ? '' : ', '
    if (variadic === true) text += `${comma}${name}…`
    else text += optional === true ? `[${comma}${name}]` : `${comma}${name}`
  }
  return `${definition.name}(${text})`
}

/** Elements a range literal may have. */
const RANGE_LENGTH_MAX = 10_000

function checkRange(
  range: {
    readonly from: number
    readonly to: number
    readonly start: number
    readonly end: number
  },
  problems: ProblemList,
): void {
  if (Math.abs(range.to - range.from) < RANGE_LENGTH_MAX) return
  problems.add(range, { message: `a range has at most ${RANGE_LENGTH_MAX} elements` })
}

function checkAliases(items: readonly SelectItem[], problems: ProblemList): void {
  for (const item of items) {
    if (item.kind === 'all' || item.alias === undefined) continue
    if (item.alias.steps.some(({ kind }) => kind === 'slice')) {
      problems.add(item.alias, { message: 'a value cannot be written to a range' })
    }
  }
}
