import type { Value, ValueMap } from './value.ts'

/** What an argument may be, with the type in which `call` gets it. */
export interface ArgumentTypes {
  readonly any: Value
  readonly boolean: boolean
  /** Integers beyond 2^53 come rounded. */
  readonly number: number
  /** A whole number that a number can hold exactly. */
  readonly integer: number
  /** A whole number of any size. Give results back through `toInteger`. */
  readonly bigint: bigint
  /** Text; bytes come decoded as UTF-8. */
  readonly string: string
  /** Bytes; text comes encoded as UTF-8. */
  readonly bytes: Buffer
  readonly list: readonly Value[]
  readonly map: ValueMap
}

export type ArgumentType = keyof ArgumentTypes

/** One argument. Optional ones come after required ones, a variadic one is the last. */
export interface Argument {
  readonly name: string
  readonly type: ArgumentType
  /** What it means, where the name does not say it. */
  readonly text?: string
  readonly optional?: true
  /** Any number of values of this type, none included. */
  readonly variadic?: true
}

/** A call with its outcome: a test, and a line of the reference. */
export interface FunctionExample {
  /** The call as SQL: `substr('hello', 1)`. */
  readonly sql: string
  /** Columns of the record; those of a published message that are not named have sample values. */
  readonly given?: ValueMap
  /** The result; compared deeply. */
  readonly gives?: Value
  /** Instead of a result: part of the message of the error. */
  readonly fails?: string
  /** For results that differ each time: whether it is as it should be. */
  readonly satisfies?: (result: Value) => boolean
}

/** Headings of the reference. */
export const FUNCTION_CATEGORIES = {
  message: 'Message',
  null: 'Missing values',
  math: 'Mathematics',
  bits: 'Bits and bytes',
  conversion: 'Conversion of types',
  test: 'Tests of types',
  string: 'Text',
  map: 'Maps',
  list: 'Lists',
  hash: 'Hashes',
  codec: 'Encoding and compression',
  time: 'Date and time',
  schema: 'Schemas',
  state: 'State and system',
} as const
export type FunctionCategory = keyof typeof FUNCTION_CATEGORIES

/** What functions may ask of their surroundings. */
export interface FunctionServices {
  /** Wall clock, ms since the epoch. */
  nowMs(): number
  /** A number in [0, 1). */
  random(): number
  /** A variable of the environment that the owner opened to rules. */
  environment(name: string): string | undefined
  /** Values shared by all rules, bounded in number; `kv_store_…`. */
  readonly shared: ValueStore
  /** Values of one publisher, bounded in number; `proc_dict_…`. */
  privateTo(clientId: string): ValueStore
  /** Longest time of a jq program whose call names no limit. */
  readonly jqTimeoutMs: number
  /** The schemas of the node by name, to be used by the functions of schemas. */
  readonly schemas: SchemaLookup
}

/** A small store in memory. */
export interface ValueStore {
  get(key: string): Value
  set(key: string, value: Value): void
  delete(key: string): void
}

/** A schema that can turn bytes into values and back. */
export interface Schema {
  /** @throws Error that says what does not fit and where */
  decode(bytes: Buffer, messageType: string | undefined): Value
  /** @throws as `decode` */
  encode(value: Value, messageType: string | undefined): Buffer
}

export interface SchemaLookup {
  /** Undefined when there is none of this name. */
  find(name: string): Schema | undefined
}

/** The record being processed and the services of the node, for functions that need them. */
export interface FunctionContext {
  /** A column of the record, such as `topic`; undefined when it has none of this name. */
  column(name: string): Value
  readonly services: FunctionServices
}

/** A function as the catalogue holds it. */
export interface FunctionDefinition {
  readonly name: string
  readonly category: FunctionCategory
  readonly arguments: readonly Argument[]
  readonly result: ArgumentType
  readonly text: string
  readonly examples: readonly FunctionExample[]
  /** Two calls with the same arguments may differ: never computed in advance. */
  readonly impure: boolean
  /** Missing arguments are passed on; otherwise the dialect decides what a missing one means. */
  readonly acceptsNull: boolean
  /** Arguments are checked and converted before. The first one is a context if `usesContext`. */
  readonly call: (...values: never[]) => Value
  readonly usesContext: boolean
}

type Received<A extends readonly Argument[]> = A extends readonly [
  infer H extends Argument,
  ...infer R extends readonly Argument[],
]
  ? H extends { readonly variadic: true }
    ? readonly ArgumentTypes[H['type']][]
    : H extends { readonly optional: true }
      ? [value?: ArgumentTypes[H['type']] | undefined, ...rest: Received<R>]
      : [value: ArgumentTypes[H['type']], ...rest: Received<R>]
  : []

/** How a function is written down. */
export interface FunctionSpec<A extends readonly Argument[]> {
  /** As it stands in SQL; calls may write it in any case. */
  readonly name: string
  readonly category: FunctionCategory
  readonly arguments: A
  readonly result: ArgumentType
  /** What it gives, in whole sentences; edge cases and errors included. */
  readonly text: string
  /** At least one. Tests run each of them through the whole of SQL. */
  readonly examples: readonly [FunctionExample, ...FunctionExample[]]
  /** Reads the clock, randomness, the record or a store. Follows from `callIn`. */
  readonly impure?: true
  /** `call` wants to see missing arguments (`undefined`; `null` in the dialect of streams). */
  readonly acceptsNull?: true
  /** Computes the result. What it throws fails the rule for this record, and nothing else. */
  readonly call?: (...values: Received<A>) => Value
  /** Instead of `call`: gets the record and the services too. */
  readonly callIn?: (context: FunctionContext, ...values: Received<A>) => Value
}

/**
 * Describes one SQL function: the one place for its name, arguments, result, text and examples,
 * from which come checks, hints of errors, tests and the reference page.
 *
 * Several entries of one name are allowed if they take different numbers of arguments.
 */
export function defineFunction<const A extends readonly Argument[]>(
  spec: FunctionSpec<A>,
): FunctionDefinition {
  const { impure, acceptsNull, call, callIn, ...rest } = spec
  const run = callIn ?? call
  if (run === undefined) throw new TypeError(`function ${spec.name} has no call`)
  return {
    ...rest,
    impure: impure === true || callIn !== undefined,
    acceptsNull: acceptsNull === true,
    usesContext: callIn !== undefined,
    // The compiler of SQL calls it with what `arguments` says, which is what `run` takes.
    call: run as FunctionDefinition['call'],
  }
}

/** A required argument. */
export function arg<const N extends string, const T extends ArgumentType>(
  name: N,
  type: T,
  text?: string,
): { readonly name: N; readonly type: T; readonly text?: string } {
  return text === undefined ? { name, type } : { name, type, text }
}

/** An argument that may be left out; `call` then gets undefined. */
export function optional<const N extends string, const T extends ArgumentType>(
  name: N,
  type: T,
  text?: string,
): { readonly name: N; readonly type: T; readonly optional: true; readonly text?: string } {
  return { ...arg(name, type, text), optional: true }
}

/** Any number of further arguments. */
export function variadic<const N extends string, const T extends ArgumentType>(
  name: N,
  type: T,
  text?: string,
): { readonly name: N; readonly type: T; readonly variadic: true; readonly text?: string } {
  return { ...arg(name, type, text), variadic: true }
}
