/** Reading and writing `a.b['c'][2]`. */
import { isList, isMap, setKey } from '#plugin/value.ts'
import type { MutableValueMap, Value } from '#plugin/value.ts'
import { shown } from '../values/arithmetic.ts'
import type { Evaluate } from './compiled.ts'
import { decodePayload, decodeText, EvaluationError, memberOf } from './row.ts'
import type { Scope } from './row.ts'
import type { Path, Step } from './tree.ts'

/** Where a name may be found, in this order: what was selected, what FOREACH binds, the record. */
export interface Names {
  readonly outputs: ReadonlySet<string>
  readonly bindings: ReadonlySet<string>
}

type CompileIndex = (index: Step & { kind: 'index' }) => Evaluate
type Walk = (value: Value, scope: Scope) => Value

const PAYLOAD = 'payload'

/**
 * Compiles the reading of a path. What is not there is undefined.
 * @param first position of the first element of a list
 */
export function compilePath(
  path: Path,
  names: Names,
  first: 0 | 1,
  compileIndex: CompileIndex,
): Evaluate {
  const { root, steps } = path
  const walk = compileSteps(steps, first, compileIndex)
  const readers: Evaluate[] = []
  if (names.outputs.has(root)) readers.push(walked((scope) => memberOf(scope.output, root), walk))
  if (names.bindings.has(root)) {
    readers.push(walked((scope) => memberOf(scope.bindings, root), walk))
  }
  const isInside = root === PAYLOAD && steps.length > 0
  const fromRow: Evaluate = isInside
    ? (scope) => scope.row.payloadValue()
    : (scope) => scope.row.column(root)
  readers.push(walked(fromRow, walk))
  return firstPresent(readers)
}

function firstPresent([reader, ...others]: readonly Evaluate[]): Evaluate {
  if (reader === undefined) return () => undefined
  if (others.length === 0) return reader
  const rest = firstPresent(others)
  return (scope) => {
    const value = reader(scope)
    return value === undefined ? rest(scope) : value
  }
}

function walked(start: Evaluate, walk: Walk | undefined): Evaluate {
  return walk === undefined ? start : (scope) => walk(start(scope), scope)
}

function compileSteps(
  steps: readonly Step[],
  first: 0 | 1,
  compileIndex: CompileIndex,
): Walk | undefined {
  const [step, ...rest] = steps
  if (step === undefined) return undefined
  const one = compileStep(step, first, compileIndex)
  const next = compileSteps(rest, first, compileIndex)
  if (next === undefined) return one
  return (value, scope) => next(one(value, scope), scope)
}

function compileStep(step: Step, first: 0 | 1, compileIndex: CompileIndex): Walk {
  if (step.kind === 'key') return keyReader(step.key)
  if (step.kind === 'slice') return (value) => slice(value, step.from, step.to, first)
  const index = compileIndex(step)
  return (value, scope) => elementOf(value, index(scope), first)
}

/** Keys that objects inherit have to be told from their own. */
function keyReader(key: string): Walk {
  if (key in Object.prototype) return (value) => memberOf(value, key)
  return (value) => {
    if (typeof value === 'object' && value !== null && !Buffer.isBuffer(value)) {
      return isList(value) ? undefined : (value as MutableValueMap)[key]
    }
    return memberOf(value, key)
  }
}

function elementOf(value: Value, index: Value, first: 0 | 1): Value {
  if (typeof index === 'string') return memberOf(value, index)
  const list = decodeText(value)
  if (!isList(list) || typeof index !== 'number') return undefined
  // What is out of range, or no whole number, is no key of the list.
  return list[index < 0 ? list.length + index : index - first]
}

/** Elements from one position to another, both included. */
function slice(value: Value, from: number, to: number, first: 0 | 1): Value {
  const list = decodeText(value)
  if (!isList(list)) {
    throw new EvaluationError('range_get', `a range is taken of a list, not of ${shown(value)}`)
  }
  if (first === 1 && (from === 0 || to === 0)) {
    throw new EvaluationError('range_get', 'the elements of a list are counted from 1')
  }
  const start = from < 0 ? list.length + from : from - first
  const end = to < 0 ? list.length + to : to - first
  return list.slice(Math.max(0, start), Math.max(0, end + 1))
}

/** Puts a value where an alias says. Maps and lists on the way are copied, never changed. */
export type Write = (scope: Scope, value: Value) => void

/** Compiles the writing of an alias into the output. */
export function compileWrite(alias: Path, first: 0 | 1, compileIndex: CompileIndex): Write {
  const { root, steps } = alias
  if (steps.length === 0) return (scope, value) => setKey(scope.output, root, value)
  const put = compilePut(steps, first, compileIndex)
  return (scope, value) => {
    const before = memberOf(scope.output, root)
    const container = root === PAYLOAD ? decodePayload(before) : before
    setKey(scope.output, root, put(container, value, scope))
  }
}

/** Gives the container with the value in it. */
type Put = (container: Value, value: Value, scope: Scope) => Value

function compilePut(steps: readonly Step[], first: 0 | 1, compileIndex: CompileIndex): Put {
  const [step, ...rest] = steps
  if (step === undefined) return (_container, value) => value
  const inner = compilePut(rest, first, compileIndex)
  if (step.kind === 'key') {
    const { key } = step
    return (container, value, scope) => putKey(container, key, (old) => inner(old, value, scope))
  }
  if (step.kind === 'slice') throw new TypeError('an alias cannot be a range')
  const index = compileIndex(step)
  const { fromEnd } = step
  return (container, value, scope) => {
    const at = index(scope)
    const change = (old: Value): Value => inner(old, value, scope)
    if (typeof at === 'string') return putKey(container, at, change)
    return putElement(container, at, fromEnd, change, first)
  }
}

type Change = (old: Value) => Value

function putKey(container: Value, key: string, change: Change): Value {
  const copy: MutableValueMap = isMap(container) ? { ...container } : {}
  setKey(copy, key, change(memberOf(copy, key)))
  return copy
}

/**
 * In the rule dialect position 0 puts a new element in front, -0 behind all. A position that the
 * list does not have changes nothing.
 */
function putElement(
  container: Value,
  index: Value,
  fromEnd: boolean,
  change: Change,
  first: 0 | 1,
): Value {
  if (!isList(container)) return [change(undefined)]
  if (typeof index !== 'number') return container
  if (index === 0 && first === 1) {
    const added = change(undefined)
    return fromEnd ? [...container, added] : [added, ...container]
  }
  const at = index < 0 ? container.length + index : index - first
  if (at < 0 || at >= container.length) return container
  return container.with(at, change(container[at]))
}
