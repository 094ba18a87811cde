import type { FunctionServices } from '#plugin/define-function.ts'
import { isList, setKey } from '#plugin/value.ts'
import type { MutableValueMap, ValueMap } from '#plugin/value.ts'
import { compileExpression } from './compile-expression.ts'
import type { CompileContext } from './compile-expression.ts'
import { compileWrite } from './compile-path.ts'
import type { Evaluate } from './compiled.ts'
import type { Dialect } from './dialect.ts'
import { destinationOf } from './item-key.ts'
import { Scope } from './row.ts'
import type { Row } from './row.ts'
import type {
  Expression,
  ForeachStatement,
  SelectItem,
  SelectStatement,
  Statement,
} from './tree.ts'
import { expressionsOf, pathsIn, visit } from './visit.ts'

/**
 * A statement of the rule dialect, compiled: gives the outputs of a record, none when the
 * condition is not met.
 * @throws EvaluationError, TypeError, RangeError when it fails for this record
 */
export type RuleProgram = (row: Row, services: FunctionServices) => readonly ValueMap[]

const NOTHING: readonly ValueMap[] = []
/** Names of a list of which nothing was selected yet. */
const NO_NAMES: ReadonlySet<string> = new Set()
const DEFAULT_ELEMENT = 'item'

/** Compiles an analysed statement. */
export function compileRule(statement: Statement, dialect: Dialect): RuleProgram {
  return statement.kind === 'select'
    ? compileSelect(statement, dialect)
    : compileForeach(statement, dialect)
}

/**
 * The list after SELECT or FOREACH by itself, to look into a statement that has no output: what it
 * selects of a record, and the names that it writes.
 */
export function compileProjection(
  { items }: Statement,
  dialect: Dialect,
): {
  readonly project: (row: Row, services: FunctionServices) => Scope
  readonly names: ReadonlySet<string>
} {
  const project = compileItems(items, dialect, NO_NAMES)
  return {
    names: rootsOf(items),
    project(row, services) {
      const scope = new Scope(row, services, {})
      project(scope)
      return scope
    },
  }
}

function compileSelect({ items, where }: SelectStatement, dialect: Dialect): RuleProgram {
  const project = compileItems(items, dialect, NO_NAMES)
  const outputs = rootsOf(items)
  // What the condition does not need is not computed for records that do not meet it.
  if (where !== undefined && isIndependent(where, items, dialect)) {
    const names = { outputs: NO_NAMES, bindings: NO_NAMES }
    const isMet = compileCondition(where, { dialect, names })
    return (row, services) => {
      const scope = new Scope(row, services, {})
      if (!isMet(scope)) return NOTHING
      project(scope)
      return [scope.output]
    }
  }
  const isMet = compileCondition(where, { dialect, names: { outputs, bindings: NO_NAMES } })
  return (row, services) => {
    const scope = new Scope(row, services, {})
    project(scope)
    return isMet(scope) ? [scope.output] : NOTHING
  }
}

/**
 * FOREACH: its items are bound one by one, the last one is the list. DO and INCASE see them, the
 * element, and the record.
 */
function compileForeach(statement: ForeachStatement, dialect: Dialect): RuleProgram {
  const { items, each, inCase, where } = statement
  const project = compileItems(items, dialect, NO_NAMES)
  const outputs = rootsOf(items)
  const isMet = compileCondition(where, { dialect, names: { outputs, bindings: NO_NAMES } })
  const listOf = compileCollection(items, dialect, outputs)
  const element = elementName(items)
  const bindings = new Set([...outputs, element])
  const isWanted = compileCondition(inCase, { dialect, names: { outputs: NO_NAMES, bindings } })
  const projectEach = each === undefined ? undefined : compileItems(each, dialect, bindings)
  return (row, services) => {
    const scope = new Scope(row, services, {})
    project(scope)
    if (!isMet(scope)) return NOTHING
    const list = listOf(scope)
    const helpers = scope.output
    const results: ValueMap[] = []
    if (!isList(list)) return NOTHING
    for (const item of list) {
      const bound: MutableValueMap = { ...helpers }
      setKey(bound, element, item)
      const inner = new Scope(row, services, bound)
      if (!isWanted(inner)) continue
      if (projectEach === undefined) results.push({ ...row.toMap(), ...bound })
      else {
        projectEach(inner)
        results.push(inner.output)
      }
    }
    return results
  }
}

/** Reads the collection where the last item has put it. */
function compileCollection(
  items: readonly SelectItem[],
  dialect: Dialect,
  outputs: ReadonlySet<string>,
): Evaluate {
  const last = items.at(-1)
  if (last === undefined || last.kind === 'all') return () => undefined
  const path = destinationOf(last, items.length - 1)
  return compileExpression(path, { dialect, names: { outputs, bindings: NO_NAMES } })
}

/** The name of the element is the alias of the list. */
function elementName(items: readonly SelectItem[]): string {
  const last = items.at(-1)
  if (last === undefined || last.kind === 'all' || last.alias === undefined) return DEFAULT_ELEMENT
  const { root, steps } = last.alias
  return steps.length === 0 ? root : DEFAULT_ELEMENT
}

type Project = (scope: Scope) => void

/** Compiles a list: each item sees what those before it have selected. */
function compileItems(
  items: readonly SelectItem[],
  dialect: Dialect,
  bindings: ReadonlySet<string>,
): Project {
  const { firstIndex } = dialect.semantics
  const outputs = new Set<string>()
  const steps: Project[] = []
  for (const [position, item] of items.entries()) {
    if (item.kind === 'all') {
      steps.push((scope) => {
        scope.output = { ...scope.output, ...scope.row.toMap() }
      })
      continue
    }
    const context: CompileContext = { dialect, names: { outputs: new Set(outputs), bindings } }
    const evaluate = compileExpression(item.expression, context)
    const destination = destinationOf(item, position)
    const write = compileWrite(destination, firstIndex, ({ index }) => {
      return compileExpression(index, context)
    })
    steps.push((scope) => write(scope, evaluate(scope)))
    outputs.add(destination.root)
  }
  const [first, second] = steps
  if (first === undefined) return () => {}
  if (second === undefined) return first
  return (scope) => {
    for (const step of steps) step(scope)
  }
}

/** Names that a list writes. */
function rootsOf(items: readonly SelectItem[]): ReadonlySet<string> {
  const roots = new Set<string>()
  for (const [position, item] of items.entries()) {
    if (item.kind === 'selected') roots.add(destinationOf(item, position).root)
  }
  return roots
}

function compileCondition(
  condition: Expression | undefined,
  context: CompileContext,
): (scope: Scope) => boolean {
  if (condition === undefined) return () => true
  const evaluate = compileExpression(condition, context)
  return (scope) => evaluate(scope) === true
}

/** True when a condition asks for nothing that the list computes, and the list has no effects. */
function isIndependent(where: Expression, items: readonly SelectItem[], dialect: Dialect): boolean {
  const computed = items.filter((item) => {
    return item.kind === 'selected' && (item.alias !== undefined || item.expression.kind !== 'path')
  })
  const written = rootsOf(computed)
  if (pathsIn(where).some(({ root }) => written.has(root))) return false
  return expressionsOf(items).every((expression) => isPure(expression, dialect))
}

function isPure(expression: Expression, dialect: Dialect): boolean {
  let pure = true
  visit(expression, (part) => {
    if (part.kind !== 'call') return
    if (dialect.functions.find(part.name, part.args.length)?.impure === true) pure = false
  })
  return pure
}
