import { TokenKind } from './token.ts'
import type { TokenStream } from './token-stream.ts'

/** `2..-1]` behind an opening bracket; undefined when that is not what comes. */
export function parseBounds(
  stream: TokenStream,
): { readonly from: number; readonly to: number } | undefined {
  const width = signedWidth(stream, 0)
  const dots = stream.peek(width)
  if (width === 0 || dots.kind !== TokenKind.SYMBOL || dots.text !== '..') return undefined
  const from = takeSigned(stream)
  stream.next()
  if (signedWidth(stream, 0) === 0) stream.fail(['an integer'])
  const to = takeSigned(stream)
  stream.needSymbol(']')
  return { from, to }
}

/** Tokens of an integer with or without sign; 0 = there is none. */
function signedWidth(stream: TokenStream, distance: number): number {
  const token = stream.peek(distance)
  if (token.kind === TokenKind.INTEGER) return 1
  const isSign = token.kind === TokenKind.SYMBOL && (token.text === '-' || token.text === '+')
  return isSign && stream.peek(distance + 1).kind === TokenKind.INTEGER ? 2 : 0
}

function takeSigned(stream: TokenStream): number {
  const first = stream.next()
  if (first.kind === TokenKind.INTEGER) return Number(first.text)
  const size = Number(stream.next().text)
  return first.text === '-' ? -size : size
}
