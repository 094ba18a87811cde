import type { Value } from '#plugin/value.ts'
import type { FunctionCatalog } from './function-catalog.ts'

/** What differs between the SQL of rules and that of streams. */
export interface Dialect {
  readonly name: 'rule' | 'check' | 'expression' | 'stream'
  /** Reserved words, in upper case. */
  readonly keywords: ReadonlySet<string>
  /** Quotes of strings; a doubled quote stands for itself. */
  readonly stringQuotes: string
  /** Quote of names. */
  readonly nameQuote: string
  /** Characters of names besides letters, digits and underscores, from the second one on. */
  readonly nameExtra: string
  readonly symbols: readonly string[]
  readonly infix: ReadonlyMap<string, InfixOperator>
  /** How tightly the prefix operators hold. */
  readonly prefixPower: { readonly not: number; readonly sign: number }
  readonly functions: FunctionCatalog
  readonly semantics: Semantics
  /** Whether statements name what they read. */
  readonly sources: 'required' | 'forbidden'
}

/** An operator between two operands. */
export interface InfixOperator {
  /** Name in the tree. */
  readonly op: BinaryOp
  /** Higher holds tighter. */
  readonly power: number
  /** `a = b = c` is an error. */
  readonly chains: boolean
}

export type BinaryOp =
  | 'or'
  | 'and'
  | '='
  | '!='
  | '<'
  | '>'
  | '<='
  | '>='
  | '=~'
  | 'like'
  | '+'
  | '-'
  | '*'
  | '/'
  | 'div'
  | 'mod'

/** What operators and paths mean for values at run time. */
export interface Semantics {
  /** Position of the first element of a list in paths. */
  readonly firstIndex: 0 | 1
  /** What operators do to two values; `and` and `or` are told apart by the compiler. */
  readonly binary: Readonly<Record<Exclude<BinaryOp, 'and' | 'or'>, BinaryFunction>>
  negate(value: Value): Value
  /** `plus` in front of a value. */
  affirm(value: Value): Value
  /** Membership in `IN (…)`. */
  isMember(value: Value, items: readonly Value[]): boolean
  /** Whether `CASE value WHEN other` matches. */
  matchesCase(value: Value, other: Value): boolean
  /** What a function gets for an argument that is missing, if it does not ask for it. */
  readonly missingArgument: 'fails' | 'makes the result null'
}

export type BinaryFunction = (left: Value, right: Value) => Value
