import type { Argument, ArgumentType, FunctionDefinition } from '#plugin/define-function.ts'
import { isInteger, isList, isMap } from '#plugin/value.ts'
import type { Value } from '#plugin/value.ts'
import { shown } from '../values/arithmetic.ts'
import type { Evaluate } from './compiled.ts'
import type { Semantics } from './dialect.ts'
import { EvaluationError } from './row.ts'

/** Checks an argument and converts it to what the function takes. */
type Accept = (value: Value) => unknown
type Run = (...values: readonly unknown[]) => Value

/**
 * Compiles a call whose number of arguments fits. Arguments are evaluated from left to right.
 */
export function compileCall(
  definition: FunctionDefinition,
  args: readonly Evaluate[],
  semantics: Semantics,
): Evaluate {
  const accepts = args.map((_, index) => acceptorOf(definition, index))
  // Arguments are checked against the description before they come to it.
  const run = definition.call as unknown as Run
  const yieldsNull = semantics.missingArgument === 'makes the result null'
  if (yieldsNull && !definition.acceptsNull) return compileStrict(definition, run, args, accepts)
  const { usesContext } = definition
  const [first, second] = args
  const [acceptFirst, acceptSecond] = accepts
  if (!usesContext && args.length === 1 && first !== undefined && acceptFirst !== undefined) {
    return (scope) => run(acceptFirst(first(scope)))
  }
  if (!usesContext && args.length === 2 && second !== undefined && acceptSecond !== undefined) {
    // The first argument is there if the second one is.
    const one = first as Evaluate
    const acceptOne = acceptFirst as Accept
    return (scope) => run(acceptOne(one(scope)), acceptSecond(second(scope)))
  }
  return (scope) => {
    const values: unknown[] = usesContext ? [scope] : []
    for (const [index, evaluate] of args.entries()) {
      values.push(accepts[index]!(evaluate(scope))) // As long as the arguments.
    }
    return run(...values)
  }
}

/** A call whose result is null when an argument is. */
function compileStrict(
  definition: FunctionDefinition,
  run: Run,
  args: readonly Evaluate[],
  accepts: readonly Accept[],
): Evaluate {
  return (scope) => {
    const values: unknown[] = definition.usesContext ? [scope] : []
    for (const [index, evaluate] of args.entries()) {
      const value = evaluate(scope)
      if (value === undefined || value === null) return null
      values.push(accepts[index]!(value)) // As long as the arguments.
    }
    return run(...values)
  }
}

function acceptorOf(definition: FunctionDefinition, index: number): Accept {
  const { arguments: args, name, acceptsNull } = definition
  const argument = args[index] ?? args.at(-1)
  if (argument === undefined) throw new RangeError(`${name} has no argument ${index + 1}`)
  const convert = CONVERT[argument.type]
  if (convert === undefined) return (value) => value
  return (value) => {
    if (acceptsNull && (value === undefined || value === null)) return value
    const converted = convert(value)
    if (converted === undefined) throw badArgument(name, argument, index, value)
    return converted
  }
}

const TYPE_NAMES: Readonly<Record<ArgumentType, string>> = {
  any: 'any value',
  boolean: 'true or false',
  number: 'a number',
  integer: 'an integer',
  bigint: 'an integer',
  string: 'text',
  bytes: 'bytes or text',
  list: 'a list',
  map: 'a map',
}

function badArgument(name: string, argument: Argument, index: number, value: Value): Error {
  const place = `argument ${index + 1} (${argument.name}) of ${name}`
  const message = `${place} must be ${TYPE_NAMES[argument.type]}, not ${shown(value)}`
  return new EvaluationError('bad_sql_function_argument', message)
}

/** By type of argument; undefined = does not fit. */
const CONVERT: Readonly<Record<ArgumentType, ((value: Value) => unknown) | undefined>> = {
  any: undefined,
  boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  number: (value) => {
    if (typeof value === 'number') return value
    return typeof value === 'bigint' ? Number(value) : undefined
  },
  integer: (value) => (Number.isSafeInteger(value) ? value : undefined),
  bigint: (value) => (isInteger(value) ? BigInt(value) : undefined),
  string: (value) => {
    if (typeof value === 'string') return value
    return Buffer.isBuffer(value) ? value.toString('utf8') : undefined
  },
  bytes: (value) => {
    if (Buffer.isBuffer(value)) return value
    return typeof value === 'string' ? Buffer.from(value) : undefined
  },
  list: (value) => (isList(value) ? value : undefined),
  map: (value) => (isMap(value) ? value : undefined),
}
