/**
 * The written form of a document: what the parser makes, before includes and substitutions.
 *
 * Every part knows its offsets in the text, so that an edit can replace one value and leave
 * every other character, comments included, as it was.
 */
import type { Position } from './value.ts'

interface Span {
  readonly at: Position
  /** Offsets into the text, end exclusive. */
  readonly start: number
  readonly end: number
}

/** Text, quoted or not. `space` marks the white space between the parts of a concatenation. */
export interface TextSyntax extends Span {
  readonly kind: 'text'
  readonly text: string
  readonly quoted: boolean
  readonly space: boolean
}

export interface SubstitutionSyntax extends Span {
  readonly kind: 'substitution'
  readonly path: readonly string[]
  readonly optional: boolean
}

export interface ArraySyntax extends Span {
  readonly kind: 'array'
  readonly items: readonly ValueSyntax[]
}

export interface ObjectSyntax extends Span {
  readonly kind: 'object'
  readonly entries: readonly EntrySyntax[]
  /** False for the root of a file that is written without braces. */
  readonly braces: boolean
}

/** Values side by side: texts are joined, lists appended, objects merged. */
export interface ConcatSyntax extends Span {
  readonly kind: 'concat'
  readonly parts: readonly ValueSyntax[]
}

export type ValueSyntax =
  | TextSyntax
  | SubstitutionSyntax
  | ArraySyntax
  | ObjectSyntax
  | ConcatSyntax

/** `path = value`. The span covers both. */
export interface FieldSyntax extends Span {
  readonly kind: 'field'
  readonly path: readonly string[]
  /** `+=` appends to a list. */
  readonly append: boolean
  readonly keyEnd: number
  readonly value: ValueSyntax
}

export interface IncludeSyntax extends Span {
  readonly kind: 'include'
  readonly name: string
  readonly required: boolean
}

export type EntrySyntax = FieldSyntax | IncludeSyntax
