/** `as`, `reduce` and `foreach`: parts that give names to values. */
import { getKey } from './jq-access.ts'
import { JqError } from './jq-error.ts'
import { multiple, single, step } from './jq-filter.ts'
import type { Env, Filter } from './jq-filter.ts'
import { bind } from './jq-scope.ts'
import type { Compile, Scope } from './jq-scope.ts'
import type { JqNode, JqPattern } from './jq-tree.ts'
import { isArray, isObject, typeOf } from './jq-value.ts'
import type { JqValue } from './jq-types.ts'

/** Binds the parts of a value; several times when a key has several outputs. */
type Bind = (env: Env | undefined, value: JqValue, input: JqValue) => Iterable<Env>

interface Bound {
  readonly bind: Bind
  readonly scope: Scope | undefined
}

/** `source as pattern ?// pattern | body`. */
export function compileAs(
  node: Extract<JqNode, { kind: 'as' }>,
  scope: Scope | undefined,
  compile: Compile,
): Filter {
  const source = compile(node.source, scope)
  const [pattern] = node.patterns
  if (pattern === undefined) throw new TypeError('as has a pattern')
  if (node.patterns.length > 1) return alternatives(source, node, scope, compile)
  const bound = compilePattern(pattern, scope, compile)
  const body = compile(node.body, bound.scope)
  const oneSource = source.one
  const oneBody = body.one
  const paths: Filter['paths'] = function* paths(env, at) {
    for (const value of source.values(env, at.value)) {
      for (const inner of bound.bind(env, value, at.value)) yield* body.paths(inner, at)
    }
  }
  if (pattern.kind === 'name' && oneSource !== undefined && oneBody !== undefined) {
    return single((env, input) => {
      return oneBody({ bound: oneSource(env, input), parent: env }, input)
    }, paths)
  }
  return multiple(function* values(env, input) {
    for (const value of source.values(env, input)) {
      step()
      for (const inner of bound.bind(env, value, input)) yield* body.values(inner, input)
    }
  }, paths)
}

/** All names of all patterns are bound, those of patterns that do not fit to null. */
function alternatives(
  source: Filter,
  { patterns, body }: Extract<JqNode, { kind: 'as' }>,
  scope: Scope | undefined,
  compile: Compile,
): Filter {
  const names = [...new Set(patterns.flatMap(namesOf))]
  const outer = names.reduce<Scope | undefined>((at, name) => bind(at, 'variable', name), scope)
  const ways = patterns.map((pattern) => {
    const bound = compilePattern(pattern, outer, compile)
    return { bind: bound.bind, body: compile(body, bound.scope) }
  })
  return multiple(function* values(env, input) {
    const nulls = names.reduce<Env | undefined>((parent) => ({ bound: null, parent }), env)
    for (const value of source.values(env, input)) {
      for (const [index, way] of ways.entries()) {
        try {
          for (const inner of way.bind(nulls, value, input)) yield* way.body.values(inner, input)
          break
        } catch (error) {
          if (!(error instanceof JqError) || index === ways.length - 1) throw error
        }
      }
    }
  })
}

function namesOf(pattern: JqPattern): readonly string[] {
  if (pattern.kind === 'name') return [pattern.name]
  if (pattern.kind === 'array') return pattern.items.flatMap(namesOf)
  return pattern.entries.flatMap(({ name, pattern: inner }) => [
    ...(name === undefined ? [] : [name]),
    ...(inner === undefined ? [] : namesOf(inner)),
  ])
}

function compilePattern(pattern: JqPattern, scope: Scope | undefined, compile: Compile): Bound {
  if (pattern.kind === 'name') {
    return {
      bind: (env, bound) => [{ bound, parent: env }],
      scope: bind(scope, 'variable', pattern.name),
    }
  }
  const start: Bound = { bind: (env) => (env === undefined ? NO_ENV : [env]), scope }
  if (pattern.kind === 'array') {
    return pattern.items.reduce<Bound>((before, item, index) => {
      const inner = compilePattern(item, before.scope, compile)
      return {
        bind: joined(before.bind, inner.bind, (value) => element(value, index)),
        scope: inner.scope,
      }
    }, start)
  }
  return pattern.entries.reduce<Bound>((before, { key, name, pattern: inside }) => {
    const outer: Bound = before
    const named: Bound =
      name === undefined
        ? outer
        : {
            bind: joined(
              outer.bind,
              (env, bound) => [{ bound, parent: env }],
              (value) => {
                return member(value, name)
              },
            ),
            scope: bind(outer.scope, 'variable', name),
          }
    if (inside === undefined) return named
    const keys = compile(key, named.scope)
    const inner = compilePattern(inside, named.scope, compile)
    return {
      scope: inner.scope,
      bind: function* bindEntry(env, value, input) {
        for (const middle of named.bind(env, value, input)) {
          const within = middle === ROOT ? undefined : middle
          for (const found of keys.values(within, input)) {
            yield* inner.bind(within, member(value, found), input)
          }
        }
      },
    }
  }, start)
}

/** Stands for no bindings, where a list of them is wanted. */
const ROOT: Env = { bound: null, parent: undefined }
const NO_ENV: readonly Env[] = [ROOT]

function joined(before: Bind, inner: Bind, part: (value: JqValue) => JqValue): Bind {
  return function* bindBoth(env, value, input) {
    for (const middle of before(env, value, input)) {
      yield* inner(middle === ROOT ? undefined : middle, part(value), input)
    }
  }
}

function element(value: JqValue, index: number): JqValue {
  if (value !== null && !isArray(value)) {
    throw new JqError(`Cannot index ${typeOf(value)} with number`)
  }
  return getKey(value, index)
}

function member(value: JqValue, key: JqValue): JqValue {
  if (value !== null && !isObject(value)) {
    throw new JqError(`Cannot index ${typeOf(value)} with ${JSON.stringify(key)}`)
  }
  return getKey(value, key)
}

/** `reduce` and `foreach`. */
export function compileFold(
  node: Extract<JqNode, { kind: 'reduce' | 'foreach' }>,
  scope: Scope | undefined,
  compile: Compile,
): Filter {
  const source = compile(node.source, scope)
  const bound = compilePattern(node.pattern, scope, compile)
  const start = compile(node.start, scope)
  const update = compile(node.update, bound.scope)
  if (node.kind === 'reduce') return reduce(source, bound.bind, start, update)
  const extract = node.extract === undefined ? undefined : compile(node.extract, bound.scope)
  return multiple(function* values(env, input) {
    for (const first of start.values(env, input)) {
      let state = first
      for (const value of source.values(env, input)) {
        step()
        for (const inner of bound.bind(env, value, input)) {
          for (const next of update.values(inner, state)) {
            state = next
            if (extract === undefined) yield state
            else yield* extract.values(inner, state)
          }
        }
      }
    }
  })
}

function reduce(source: Filter, bindValue: Bind, start: Filter, update: Filter): Filter {
  return multiple(function* values(env, input) {
    for (const first of start.values(env, input)) {
      let state = first
      for (const value of source.values(env, input)) {
        step()
        for (const inner of bindValue(env, value, input)) {
          let last: JqValue = null
          for (const next of update.values(inner, state)) last = next
          state = last
        }
      }
      yield state
    }
  })
}
