/** Syntax tree of jq programs. */
import type { JqValue } from './jq-types.ts'

export type JqNode =
  | { readonly kind: 'identity' | 'recurse' }
  | { readonly kind: 'literal'; readonly value: JqValue }
  /** A string with places, and the format that their values get. */
  | { readonly kind: 'text'; readonly parts: readonly (string | JqNode)[]; readonly format: string }
  | { readonly kind: 'format'; readonly name: string }
  | { readonly kind: 'index'; readonly target: JqNode; readonly key: JqNode }
  | {
      readonly kind: 'slice'
      readonly target: JqNode
      readonly from: JqNode | undefined
      readonly to: JqNode | undefined
    }
  | { readonly kind: 'each'; readonly target: JqNode }
  | { readonly kind: 'try'; readonly body: JqNode; readonly handler: JqNode | undefined }
  | { readonly kind: 'array'; readonly body: JqNode | undefined }
  | { readonly kind: 'object'; readonly entries: readonly JqEntry[] }
  | { readonly kind: 'negate'; readonly operand: JqNode }
  | { readonly kind: 'pipe' | 'comma'; readonly left: JqNode; readonly right: JqNode }
  | { readonly kind: 'binary'; readonly op: string; readonly left: JqNode; readonly right: JqNode }
  | { readonly kind: 'assign'; readonly op: string; readonly left: JqNode; readonly right: JqNode }
  | {
      readonly kind: 'if'
      readonly condition: JqNode
      readonly then: JqNode
      readonly otherwise: JqNode | undefined
    }
  | { readonly kind: 'variable'; readonly name: string; readonly at: number }
  | {
      readonly kind: 'as'
      readonly source: JqNode
      /** Tried one after the other (`?//`). */
      readonly patterns: readonly JqPattern[]
      readonly body: JqNode
    }
  | {
      readonly kind: 'reduce'
      readonly source: JqNode
      readonly pattern: JqPattern
      readonly start: JqNode
      readonly update: JqNode
    }
  | {
      readonly kind: 'foreach'
      readonly source: JqNode
      readonly pattern: JqPattern
      readonly start: JqNode
      readonly update: JqNode
      readonly extract: JqNode | undefined
    }
  | { readonly kind: 'def'; readonly definition: JqDefinition; readonly rest: JqNode }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly JqNode[]; at: number }
  | { readonly kind: 'label'; readonly name: string; readonly body: JqNode }
  | { readonly kind: 'break'; readonly name: string; readonly at: number }

export interface JqEntry {
  readonly key: JqNode
  readonly value: JqNode
}

export interface JqDefinition {
  readonly name: string
  /** Those that begin with `$` are values, the others filters. */
  readonly params: readonly string[]
  readonly body: JqNode
}

/** Where the parts of a value go. */
export type JqPattern =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'array'; readonly items: readonly JqPattern[] }
  | { readonly kind: 'object'; readonly entries: readonly JqPatternEntry[] }

export interface JqPatternEntry {
  /** Gives the key. */
  readonly key: JqNode
  /** `$name` as key binds the value, too. */
  readonly name: string | undefined
  readonly pattern: JqPattern | undefined
}
