import type { Span } from './problem.ts'

export const TokenKind = {
  /** A name that is no keyword; `text` as written. */
  NAME: 'name',
  /** A name in quotes; `text` without them. */
  QUOTED: 'quoted name',
  /** `text` in upper case. */
  KEYWORD: 'keyword',
  STRING: 'string',
  INTEGER: 'integer',
  FLOAT: 'number',
  SYMBOL: 'symbol',
  /** Behind the last one. */
  END: 'end',
} as const
export type TokenKind = (typeof TokenKind)[keyof typeof TokenKind]

/** One word of a statement. */
export interface Token extends Span {
  readonly kind: TokenKind
  /** Without quotes and escapes; keywords in upper case. */
  readonly text: string
  /** As it stands in the statement. */
  readonly written: string
}
