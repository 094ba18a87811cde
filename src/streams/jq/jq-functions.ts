/** Functions of jq that are not said in jq itself, by name and number of arguments. */
import { deletePaths, changePath, each, getKey, getPath } from './jq-access.ts'
import { DATE_FUNCTIONS } from './jq-date.ts'
import { JqError } from './jq-error.ts'
import { multiple, single, step } from './jq-filter.ts'
import type { Filter } from './jq-filter.ts'
import { LIST_FUNCTIONS } from './jq-list-functions.ts'
import { MATH_FUNCTIONS } from './jq-math-functions.ts'
import type { Pure } from './jq-pure.ts'
import { REGEX_FUNCTIONS } from './jq-regex.ts'
import { TEXT_FUNCTIONS } from './jq-text-functions.ts'
import { failOn, isArray, isTrue, typeOf } from './jq-value.ts'
import type { JqValue } from './jq-types.ts'

/** Makes the filter of a call from those of its arguments. */
type Native = (args: readonly Filter[]) => Filter

/** Functions of values: every combination of the arguments' outputs gives one output. */
const VALUE_FUNCTIONS: readonly Pure[] = [
  ['not', 0, (input) => !isTrue(input)],
  ['type', 0, (input) => typeOf(input)],
  ['error', 0, (input) => fail(input)],
  ['getpath', 1, (input, path) => getPath(input, pathOf(path))],
  ['setpath', 2, (input, path, value) => changePath(input, pathOf(path), () => value)],
  ['delpaths', 1, (input, paths) => deletePaths(input, pathsOf(paths))],
  ['input', 0, () => fail('No more inputs')],
  ...LIST_FUNCTIONS,
  ...TEXT_FUNCTIONS,
  ...REGEX_FUNCTIONS,
  ...MATH_FUNCTIONS,
  ...DATE_FUNCTIONS,
]

function fail(value: JqValue): never {
  throw new JqError(value)
}

function pathOf(value: JqValue): readonly JqValue[] {
  return isArray(value) ? value : failOn(value, 'is no path: Path must be specified as an array')
}

function pathsOf(value: JqValue): readonly (readonly JqValue[])[] {
  if (!isArray(value)) throw new JqError('Paths must be specified as an array')
  return value.map(pathOf)
}

/** The filter of a function of values. */
function compilePure(run: Pure[2], args: readonly Filter[]): Filter {
  const [first, second] = args
  if (first === undefined) return single((_env, input) => run(input, null, null, null))
  const one = first.one
  if (args.length === 1 && one !== undefined) {
    return single((env, input) => run(input, one(env, input), null, null))
  }
  return multiple(function* values(env, input) {
    for (const c of args[2]?.values(env, input) ?? [null]) {
      for (const b of second?.values(env, input) ?? [null]) {
        for (const a of first.values(env, input)) {
          step()
          yield run(input, a, b, c)
        }
      }
    }
  })
}

const FILTER_FUNCTIONS: Readonly<Record<string, Native>> = {
  'empty/0': () => multiple(() => []),
  'select/1': ([f = NOTHING]) =>
    multiple(
      function* values(env, input) {
        for (const value of f.values(env, input)) if (isTrue(value)) yield input
      },
      function* paths(env, at) {
        for (const value of f.values(env, at.value)) if (isTrue(value)) yield at
      },
    ),
  'path/1': ([f = NOTHING]) =>
    multiple(function* values(env, input) {
      for (const { path } of f.paths(env, { path: [], value: input })) yield path
    }),
  'getpath/1': ([f = NOTHING]) =>
    multiple(
      function* values(env, input) {
        for (const path of f.values(env, input)) yield getPath(input, pathOf(path))
      },
      function* paths(env, at) {
        for (const more of f.values(env, at.value)) {
          const path = [...at.path, ...pathOf(more)]
          yield { path, value: getPath(at.value, pathOf(more)) }
        }
      },
    ),
  'recurse/0': () =>
    multiple(
      function* values(_env, input) {
        yield* allIn(input)
      },
      function* paths(_env, at) {
        yield* allPaths(at.path, at.value)
      },
    ),
  'first/1': ([f = NOTHING]) => limited(1, f),
  'last/1': ([f = NOTHING]) =>
    multiple(
      function* values(env, input) {
        let last: { readonly value: JqValue } | undefined
        for (const value of f.values(env, input)) last = { value }
        if (last !== undefined) yield last.value
      },
      function* paths(env, at) {
        const [last] = [...f.paths(env, at)].slice(-1)
        if (last !== undefined) yield last
      },
    ),
  'isempty/1': ([f = NOTHING]) =>
    single((env, input) => {
      for (const _value of f.values(env, input)) return false
      return true
    }),
  'limit/2': ([n = NOTHING, f = NOTHING]) =>
    multiple(
      function* values(env, input) {
        for (const count of n.values(env, input)) {
          yield* limited(Number(count), f).values(env, input)
        }
      },
      function* paths(env, at) {
        for (const count of n.values(env, at.value)) {
          yield* limited(Number(count), f).paths(env, at)
        }
      },
    ),
  'range/1': ([to = NOTHING]) =>
    range(
      single(() => 0),
      to,
      single(() => 1),
    ),
  'range/2': ([from = NOTHING, to = NOTHING]) =>
    range(
      from,
      to,
      single(() => 1),
    ),
  'range/3': ([from = NOTHING, to = NOTHING, by = NOTHING]) => range(from, to, by),
  'while/2': ([condition = NOTHING, f = NOTHING]) =>
    multiple(function* values(env, input) {
      yield* repeated(input, (value) => {
        return isTrue(firstOf(condition.values(env, value))) ? f.values(env, value) : undefined
      })
    }),
  'repeat/1': ([f = NOTHING]) =>
    multiple(function* values(env, input) {
      yield* repeated(input, (value) => f.values(env, value))
    }),
  'until/2': ([condition = NOTHING, f = NOTHING]) =>
    multiple(function* values(env, input) {
      let value = input
      while (!isTrue(firstOf(condition.values(env, value)))) {
        step()
        value = firstOf(f.values(env, value))
      }
      yield value
    }),
}

const NOTHING: Filter = multiple(() => [])

function firstOf(values: Iterable<JqValue>): JqValue {
  for (const value of values) return value
  return null
}

/** Gives the value, then what follows it, as long as something does. */
function* repeated(
  start: JqValue,
  next: (value: JqValue) => Iterable<JqValue> | undefined,
): Iterable<JqValue> {
  const open: JqValue[] = [start]
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    step()
    const following = next(value)
    if (following === undefined) continue
    yield value
    open.push(...[...following].toReversed())
  }
}

function limited(count: number, f: Filter): Filter {
  function* take<T>(values: Iterable<T>): Iterable<T> {
    if (count <= 0) return
    let left = count
    for (const value of values) {
      yield value
      if (--left <= 0) return
    }
  }
  return multiple(
    (env, input) => take(f.values(env, input)),
    (env, at) => take(f.paths(env, at)),
  )
}

function range(from: Filter, to: Filter, by: Filter): Filter {
  return multiple(function* values(env, input) {
    for (const start of from.values(env, input)) {
      for (const end of to.values(env, input)) {
        for (const stride of by.values(env, input)) yield* numbers(start, end, stride)
      }
    }
  })
}

function* numbers(start: JqValue, end: JqValue, stride: JqValue): Iterable<number> {
  if (typeof start !== 'number' || typeof end !== 'number' || typeof stride !== 'number') {
    throw new JqError('Range bounds must be numeric')
  }
  if (stride === 0) return
  for (let at = start; stride > 0 ? at < end : at > end; at += stride) {
    step()
    yield at
  }
}

function* allIn(value: JqValue): Iterable<JqValue> {
  step()
  yield value
  if (typeof value !== 'object' || value === null) return
  for (const part of each(value)) yield* allIn(part)
}

function* allPaths(
  path: readonly JqValue[],
  value: JqValue,
): Iterable<{ readonly path: readonly JqValue[]; readonly value: JqValue }> {
  step()
  yield { path, value }
  if (typeof value !== 'object' || value === null) return
  const keys = isArray(value) ? value.keys() : Object.keys(value)
  for (const key of keys) yield* allPaths([...path, key], getKey(value, key))
}

const NATIVES: ReadonlyMap<string, Native> = new Map<string, Native>([
  ...VALUE_FUNCTIONS.map(([name, arity, run]) => {
    return [`${name}/${arity}`, (args: readonly Filter[]) => compilePure(run, args)] as const
  }),
  ...Object.entries(FILTER_FUNCTIONS),
])

/** The function of a name with so many arguments, if jq has it and does not say it in jq. */
export function nativeFunction(name: string, arity: number): Native | undefined {
  return NATIVES.get(`${name}/${arity}`)
}

/** Names for hints. */
export function functionNames(): readonly string[] {
  return [...new Set([...NATIVES.keys()].map((key) => key.slice(0, key.lastIndexOf('/'))))]
}
