import { JqSyntaxError } from './jq-error.ts'
import { ancestor, multiple, step } from './jq-filter.ts'
import type { Closure, Env, Filter } from './jq-filter.ts'
import { functionNames, nativeFunction } from './jq-functions.ts'
import { preludeScope } from './jq-prelude.ts'
import { bind, depthOf, findCallee } from './jq-scope.ts'
import type { Compile, Defined, Scope } from './jq-scope.ts'
import type { JqNode } from './jq-tree.ts'
import type { JqValue } from './jq-types.ts'
import { nearestName } from '#config/suggest.ts'

type CallNode = Extract<JqNode, { kind: 'call' }>

/**
 * Compiles a call: of a parameter, of a definition of the program, or of what jq has itself.
 * @throws JqSyntaxError when there is no such function
 */
export function compileCall(node: CallNode, scope: Scope | undefined, compile: Compile): Filter {
  const { name, args, at } = node
  const callee = findCallee(scope, name, args.length)
  if (callee !== undefined) {
    if ('distance' in callee) return callParameter(callee.distance)
    return callDefinition(callee.defined, args, scope, compile)
  }
  const native = nativeFunction(name, args.length)
  if (native !== undefined) return native(args.map((arg) => compile(arg, scope)))
  const standard = findCallee(preludeScope(), name, args.length)
  if (standard !== undefined && 'defined' in standard) {
    return callDefinition(standard.defined, args, scope, compile)
  }
  const near = nearestName(name, functionNames())
  const hint = near === undefined ? '' : `; did you mean ${near}?`
  throw new JqSyntaxError(`${name}/${args.length} is not defined${hint}`, at)
}

/** The filter given as an argument runs with what was bound where it was given. */
function callParameter(distance: number): Filter {
  const closureOf = (env: Env | undefined): Closure => ancestor(env, distance)?.bound as Closure
  return multiple(
    (env, input) => {
      const { filter, env: outer } = closureOf(env)
      return filter.values(outer, input)
    },
    (env, at) => {
      const { filter, env: outer } = closureOf(env)
      return filter.paths(outer, at)
    },
  )
}

function callDefinition(
  defined: Defined,
  args: readonly JqNode[],
  scope: Scope | undefined,
  compile: Compile,
): Filter {
  const { params } = defined.definition
  const filters = args.map((arg) => compile(arg, scope))
  const distance = depthOf(scope) - depthOf(defined.scope)
  const values = params.flatMap((param, index) => (param.startsWith('$') ? [index] : []))
  const bound = (env: Env | undefined): Env | undefined => {
    let inner = ancestor(env, distance)
    for (const filter of filters) inner = { bound: { filter, env }, parent: inner }
    return inner
  }
  const body = (): Filter => (defined.filter ??= compileBody(defined, compile))
  if (values.length === 0) {
    return multiple(
      (env, input) => {
        step()
        return body().values(bound(env), input)
      },
      (env, at) => {
        step()
        return body().paths(bound(env), at)
      },
    )
  }
  return multiple(
    function* run(env, input) {
      for (const inner of bindValues(filters, values, env, bound(env), input)) {
        yield* body().values(inner, input)
      }
    },
    function* run(env, at) {
      for (const inner of bindValues(filters, values, env, bound(env), at.value)) {
        yield* body().paths(inner, at)
      }
    },
  )
}

/** Parameters with `$` are bound to each value of their argument, in all combinations. */
function* bindValues(
  filters: readonly Filter[],
  [first, ...rest]: readonly number[],
  caller: Env | undefined,
  env: Env | undefined,
  input: JqValue,
): Iterable<Env | undefined> {
  const filter = first === undefined ? undefined : filters[first]
  if (filter === undefined) {
    step()
    yield env
    return
  }
  for (const value of filter.values(caller, input)) {
    yield* bindValues(filters, rest, caller, { bound: value, parent: env }, input)
  }
}

function compileBody({ definition, scope }: Defined, compile: Compile): Filter {
  const names = definition.params.map((param) => param.replace('$', ''))
  let inner: Scope = scope
  for (const name of names) inner = bind(inner, 'param', name)
  for (const [index, param] of definition.params.entries()) {
    if (param.startsWith('$')) inner = bind(inner, 'variable', names[index] ?? '')
  }
  return compile(definition.body, inner)
}
