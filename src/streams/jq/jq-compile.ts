import { each, eachKey, getKey, getSlice } from './jq-access.ts'
import { compileAssign } from './jq-assign.ts'
import { compileCall } from './jq-call.ts'
import { compileAs, compileFold } from './jq-bind.ts'
import { JqBreak, JqError, JqSyntaxError } from './jq-error.ts'
import { ancestor, multiple, single, step } from './jq-filter.ts'
import type { Env, Filter, Label, Located } from './jq-filter.ts'
import { formatNamed, toText } from './jq-format.ts'
import { OPERATORS } from './jq-operators.ts'
import { bind, define, distanceTo } from './jq-scope.ts'
import type { Scope } from './jq-scope.ts'
import type { JqEntry, JqNode } from './jq-tree.ts'
import { failOn, isTrue, putKey, typeOf } from './jq-value.ts'
import type { JqValue } from './jq-types.ts'

const IDENTITY: Filter = single(
  (_env, input) => input,
  (_env, at) => [at],
)

/**
 * Compiles a program or a part of it.
 * @throws JqSyntaxError when a name is not known
 */
export function compileJq(node: JqNode, scope: Scope | undefined): Filter {
  switch (node.kind) {
    case 'identity':
      return IDENTITY
    case 'recurse':
      return recurse()
    case 'literal': {
      const { value } = node
      return single(() => value)
    }
    case 'text':
      return compileText(node.parts, node.format, scope)
    case 'format': {
      const { name } = node
      return single((_env, input) => formatNamed(name)(input))
    }
    case 'index':
      return compileIndex(compileJq(node.target, scope), compileJq(node.key, scope))
    case 'slice':
      return compileSlice(node, scope)
    case 'each':
      return compileEach(compileJq(node.target, scope))
    case 'try':
      return compileTry(node, scope)
    case 'array':
      return compileArray(node.body, scope)
    case 'object':
      return compileObject(node.entries, scope)
    case 'negate': {
      const operand = compileJq(node.operand, scope)
      return mapped(operand, (value) => {
        return typeof value === 'number' ? -value : failOn(value, 'cannot be negated')
      })
    }
    case 'pipe':
      return pipe(compileJq(node.left, scope), compileJq(node.right, scope))
    case 'comma':
      return comma(compileJq(node.left, scope), compileJq(node.right, scope))
    case 'binary':
      return compileBinary(node.op, compileJq(node.left, scope), compileJq(node.right, scope))
    case 'assign':
      return compileAssign(node.op, compileJq(node.left, scope), compileJq(node.right, scope))
    case 'if':
      return compileIf(node, scope)
    default:
      return compileNamed(node, scope)
  }
}

/** Parts that bind names or use them. */
function compileNamed(
  node: Extract<
    JqNode,
    { kind: 'variable' | 'as' | 'reduce' | 'foreach' | 'def' | 'call' | 'label' | 'break' }
  >,
  scope: Scope | undefined,
): Filter {
  switch (node.kind) {
    case 'variable':
      return compileVariable(node.name, node.at, scope)
    case 'as':
      return compileAs(node, scope, compileJq)
    case 'reduce':
    case 'foreach':
      return compileFold(node, scope, compileJq)
    case 'def':
      return compileJq(node.rest, define(scope, node.definition))
    case 'call':
      return compileCall(node, scope, compileJq)
    case 'label':
      return compileLabel(compileJq(node.body, bind(scope, 'label', node.name)))
    case 'break':
      return compileBreak(node.name, node.at, scope)
  }
}

/** The input and all that is in it. */
function recurse(): Filter {
  function* paths(_env: Env | undefined, at: Located): Iterable<Located> {
    step()
    yield at
    const { value, path } = at
    if (typeof value !== 'object' || value === null) return
    for (const key of eachKey(value)) {
      yield* paths(undefined, { path: [...path, key], value: getKey(value, key) })
    }
  }
  function* values(_env: Env | undefined, value: JqValue): Iterable<JqValue> {
    step()
    yield value
    if (typeof value !== 'object' || value === null) return
    for (const part of each(value)) yield* values(undefined, part)
  }
  return multiple(values, paths)
}

function compileText(
  parts: readonly (string | JqNode)[],
  name: string,
  scope: Scope | undefined,
): Filter {
  const format = formatNamed(name === '' ? 'text' : name)
  return parts.reduce<Filter>(
    (before, part) => {
      if (typeof part === 'string') return mapped(before, (text) => toText(text) + part)
      const place = compileJq(part, scope)
      return combine(before, place, (text, value) => toText(text) + format(value))
    },
    single(() => ''),
  )
}

/** A filter on each output of another. */
function mapped(filter: Filter, change: (value: JqValue) => JqValue): Filter {
  const { one } = filter
  if (one !== undefined) return single((env, input) => change(one(env, input)))
  return multiple(function* values(env, input) {
    for (const value of filter.values(env, input)) yield change(value)
  })
}

/** Every output of one with every output of the other; those of the second vary slowest. */
function combine(
  left: Filter,
  right: Filter,
  join: (left: JqValue, right: JqValue) => JqValue,
): Filter {
  const oneLeft = left.one
  const oneRight = right.one
  if (oneLeft !== undefined && oneRight !== undefined) {
    return single((env, input) => join(oneLeft(env, input), oneRight(env, input)))
  }
  return multiple(function* values(env, input) {
    for (const second of right.values(env, input)) {
      for (const first of left.values(env, input)) {
        step()
        yield join(first, second)
      }
    }
  })
}

function compileIndex(target: Filter, key: Filter): Filter {
  const oneTarget = target.one
  const oneKey = key.one
  const paths: Filter['paths'] = function* paths(env, at) {
    for (const { path, value } of target.paths(env, at)) {
      for (const found of key.values(env, at.value)) {
        yield { path: [...path, found], value: getKey(value, found) }
      }
    }
  }
  if (oneTarget !== undefined && oneKey !== undefined) {
    return single((env, input) => getKey(oneTarget(env, input), oneKey(env, input)), paths)
  }
  return multiple(function* values(env, input) {
    for (const value of target.values(env, input)) {
      for (const found of key.values(env, input)) {
        step()
        yield getKey(value, found)
      }
    }
  }, paths)
}

const NULL: Filter = single(() => null)

function compileSlice(node: Extract<JqNode, { kind: 'slice' }>, scope: Scope | undefined): Filter {
  const target = compileJq(node.target, scope)
  const from = node.from === undefined ? NULL : compileJq(node.from, scope)
  const to = node.to === undefined ? NULL : compileJq(node.to, scope)
  const paths: Filter['paths'] = function* paths(env, at) {
    for (const { path, value } of target.paths(env, at)) {
      for (const end of to.values(env, at.value)) {
        for (const start of from.values(env, at.value)) {
          yield { path: [...path, { start, end }], value: getSlice(value, start, end) }
        }
      }
    }
  }
  return multiple(function* values(env, input) {
    for (const value of target.values(env, input)) {
      for (const end of to.values(env, input)) {
        for (const start of from.values(env, input)) yield getSlice(value, start, end)
      }
    }
  }, paths)
}

function compileEach(target: Filter): Filter {
  return multiple(
    function* values(env, input) {
      for (const value of target.values(env, input)) {
        for (const part of each(value)) {
          step()
          yield part
        }
      }
    },
    function* paths(env, at) {
      for (const { path, value } of target.paths(env, at)) {
        for (const key of eachKey(value)) {
          step()
          yield { path: [...path, key], value: getKey(value, key) }
        }
      }
    },
  )
}

function compileTry(node: Extract<JqNode, { kind: 'try' }>, scope: Scope | undefined): Filter {
  const body = compileJq(node.body, scope)
  const handler = node.handler === undefined ? undefined : compileJq(node.handler, scope)
  return multiple(
    function* values(env, input) {
      try {
        yield* body.values(env, input)
      } catch (error) {
        if (!(error instanceof JqError)) throw error
        if (handler !== undefined) yield* handler.values(env, error.value)
      }
    },
    function* paths(env, at) {
      try {
        yield* body.paths(env, at)
      } catch (error) {
        if (!(error instanceof JqError)) throw error
        if (handler === undefined) return
        yield* handler.paths(env, { path: [], value: error.value })
      }
    },
  )
}

function compileArray(body: JqNode | undefined, scope: Scope | undefined): Filter {
  if (body === undefined) return single(() => [])
  const filter = compileJq(body, scope)
  return single((env, input) => [...filter.values(env, input)])
}

function compileObject(entries: readonly JqEntry[], scope: Scope | undefined): Filter {
  const compiled = entries.map(({ key, value }) => ({
    key: compileJq(key, scope),
    value: compileJq(value, scope),
  }))
  const isSingle = compiled.every(({ key, value }) => key.one && value.one)
  if (isSingle) {
    return single((env, input) => {
      const made: Record<string, JqValue> = {}
      for (const { key, value } of compiled) {
        // Both are there: checked above.
        putKey(made, keyOf(key.one!(env, input)), value.one!(env, input))
      }
      return made
    })
  }
  return compiled.reduce<Filter>(
    (before, { key, value }) => {
      const entry = combine(value, key, (part, name) => [keyOf(name), part])
      return combine(entry, before, (pair, object) => {
        const [name, part] = pair as readonly [string, JqValue]
        const copy: Record<string, JqValue> = { ...(object as object) }
        putKey(copy, name, part)
        return copy
      })
    },
    single(() => ({})),
  )
}

function keyOf(value: JqValue): string {
  if (typeof value === 'string') return value
  throw new JqError(`Object keys must be strings, not ${typeOf(value)}`)
}

function pipe(left: Filter, right: Filter): Filter {
  const oneLeft = left.one
  const oneRight = right.one
  const paths: Filter['paths'] = function* paths(env, at) {
    for (const found of left.paths(env, at)) yield* right.paths(env, found)
  }
  if (oneLeft !== undefined) {
    if (oneRight !== undefined) {
      return single((env, input) => oneRight(env, oneLeft(env, input)), paths)
    }
    return multiple((env, input) => right.values(env, oneLeft(env, input)), paths)
  }
  return multiple(function* values(env, input) {
    for (const value of left.values(env, input)) {
      step()
      yield* right.values(env, value)
    }
  }, paths)
}

function comma(left: Filter, right: Filter): Filter {
  return multiple(
    function* values(env, input) {
      yield* left.values(env, input)
      yield* right.values(env, input)
    },
    function* paths(env, at) {
      yield* left.paths(env, at)
      yield* right.paths(env, at)
    },
  )
}

function compileBinary(op: string, left: Filter, right: Filter): Filter {
  if (op === '//') return otherwise(left, right)
  if (op === 'and' || op === 'or') {
    return multiple(function* values(env, input) {
      for (const value of left.values(env, input)) {
        if (isTrue(value) === (op === 'or')) yield op === 'or'
        else for (const other of right.values(env, input)) yield isTrue(other)
      }
    })
  }
  const operate = OPERATORS.get(op)
  if (operate === undefined) throw new JqSyntaxError(`unknown operator ${op}`, 0)
  return combine(left, right, operate)
}

/** The outputs of the first that are true; if there are none, those of the second. */
function otherwise(left: Filter, right: Filter): Filter {
  return multiple(
    function* values(env, input) {
      let found = false
      try {
        for (const value of left.values(env, input)) {
          if (!isTrue(value)) continue
          found = true
          yield value
        }
      } catch (error) {
        if (!(error instanceof JqError)) throw error
      }
      if (!found) yield* right.values(env, input)
    },
    function* paths(env, at) {
      let found = false
      try {
        for (const part of left.paths(env, at)) {
          if (!isTrue(part.value)) continue
          found = true
          yield part
        }
      } catch (error) {
        if (!(error instanceof JqError)) throw error
      }
      if (!found) yield* right.paths(env, at)
    },
  )
}

function compileIf(node: Extract<JqNode, { kind: 'if' }>, scope: Scope | undefined): Filter {
  const condition = compileJq(node.condition, scope)
  const then = compileJq(node.then, scope)
  const otherwise = node.otherwise === undefined ? IDENTITY : compileJq(node.otherwise, scope)
  const paths: Filter['paths'] = function* paths(env, at) {
    for (const value of condition.values(env, at.value)) {
      yield* (isTrue(value) ? then : otherwise).paths(env, at)
    }
  }
  const oneCondition = condition.one
  const oneThen = then.one
  const oneOther = otherwise.one
  if (oneCondition && oneThen && oneOther) {
    return single((env, input) => {
      return isTrue(oneCondition(env, input)) ? oneThen(env, input) : oneOther(env, input)
    }, paths)
  }
  return multiple(function* values(env, input) {
    for (const value of condition.values(env, input)) {
      yield* (isTrue(value) ? then : otherwise).values(env, input)
    }
  }, paths)
}

function compileVariable(name: string, at: number, scope: Scope | undefined): Filter {
  const distance = distanceTo(scope, 'variable', name)
  if (distance !== undefined) {
    // A variable is bound to a value.
    return single((env) => ancestor(env, distance)?.bound as JqValue)
  }
  if (name === 'ENV') return single(() => ({}))
  if (name === '__loc__') return single(() => ({ file: '<top-level>', line: 1 }))
  throw new JqSyntaxError(`$${name} is not defined`, at)
}

function compileLabel(body: Filter): Filter {
  const guarded = function* guarded<T>(label: Label, run: () => Iterable<T>): Iterable<T> {
    try {
      yield* run()
    } catch (error) {
      if (!(error instanceof JqBreak) || error.label !== label) throw error
    }
  }
  return multiple(
    (env, input) => {
      const label: Label = { label: 'label' }
      return guarded(label, () => body.values({ bound: label, parent: env }, input))
    },
    (env, at) => {
      const label: Label = { label: 'label' }
      return guarded(label, () => body.paths({ bound: label, parent: env }, at))
    },
  )
}

function compileBreak(name: string, at: number, scope: Scope | undefined): Filter {
  const distance = distanceTo(scope, 'label', name)
  if (distance === undefined) throw new JqSyntaxError(`$*label-${name} is not defined`, at)
  const leave = (env: Env | undefined): never => {
    // A label is bound to its own object.
    throw new JqBreak(ancestor(env, distance)?.bound as Label)
  }
  return multiple(leave, leave)
}
