/** The syntax tree of statements. Every node knows its place in the text. */
import type { Value } from '#plugin/value.ts'
import type { BinaryOp } from './dialect.ts'
import type { Span } from './problem.ts'

export type Expression =
  | Literal
  | Path
  | ListExpression
  | RangeExpression
  | Call
  | Unary
  | Binary
  | Membership
  | Case

export interface Literal extends Span {
  readonly kind: 'literal'
  readonly value: Value
}

/** A column or alias and the way into it: `payload.a['b'][2]`. */
export interface Path extends Span {
  readonly kind: 'path'
  readonly root: string
  readonly steps: readonly Step[]
}

export type Step = KeyStep | IndexStep | SliceStep

export interface KeyStep {
  readonly kind: 'key'
  readonly key: string
}

/** `[i]`: a position in a list, or a key if the value is a text. `fromEnd`: written `[-0]`. */
export interface IndexStep {
  readonly kind: 'index'
  readonly index: Expression
  readonly fromEnd: boolean
}

/** `[2..4]`, both ends included. */
export interface SliceStep {
  readonly kind: 'slice'
  readonly from: number
  readonly to: number
}

export interface ListExpression extends Span {
  readonly kind: 'list'
  readonly items: readonly Expression[]
}

/** `[1..5]` */
export interface RangeExpression extends Span {
  readonly kind: 'range'
  readonly from: number
  readonly to: number
}

export interface Call extends Span {
  readonly kind: 'call'
  /** As written; a module before it is separated by a dot. */
  readonly name: string
  readonly nameSpan: Span
  readonly args: readonly Expression[]
}

export interface Unary extends Span {
  readonly kind: 'unary'
  readonly op: 'not' | '-' | '+'
  readonly operand: Expression
}

export interface Binary extends Span {
  readonly kind: 'binary'
  readonly op: BinaryOp
  readonly left: Expression
  readonly right: Expression
}

export interface Membership extends Span {
  readonly kind: 'in'
  readonly negated: boolean
  readonly operand: Expression
  readonly items: readonly Expression[]
}

export interface Case extends Span {
  readonly kind: 'case'
  /** Undefined: each `when` is a condition. */
  readonly operand: Expression | undefined
  readonly branches: readonly { readonly when: Expression; readonly then: Expression }[]
  readonly otherwise: Expression | undefined
}

/** `*`, or an expression with or without a name. */
export type SelectItem = AllColumns | Selected

export interface AllColumns extends Span {
  readonly kind: 'all'
}

export interface Selected extends Span {
  readonly kind: 'selected'
  readonly expression: Expression
  readonly alias: Path | undefined
}

/** One source after FROM: a topic filter or the name of an event or bridge. */
export interface Source extends Span {
  readonly name: string
}

export interface SelectStatement {
  readonly kind: 'select'
  readonly items: readonly SelectItem[]
  readonly sources: readonly Source[]
  readonly where: Expression | undefined
}

export interface ForeachStatement {
  readonly kind: 'foreach'
  readonly items: readonly SelectItem[]
  /** Undefined: DO is absent. */
  readonly each: readonly SelectItem[] | undefined
  readonly inCase: Expression | undefined
  readonly sources: readonly Source[]
  readonly where: Expression | undefined
}

export type Statement = SelectStatement | ForeachStatement
