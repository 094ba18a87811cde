import { parseBounds } from './parse-bounds.ts'
import { TokenKind } from './token.ts'
import type { TokenStream } from './token-stream.ts'
import type { Expression, Path, Step } from './tree.ts'

/**
 * Reads a column or alias with the way into it.
 * @param parseIndex reads what stands in brackets
 */
export function parsePath(
  stream: TokenStream,
  parseIndex: (stream: TokenStream) => Expression,
): Path {
  const { token } = stream
  if (token.kind !== TokenKind.NAME && token.kind !== TokenKind.QUOTED) {
    const isWord = token.kind === TokenKind.KEYWORD
    const { nameQuote: quote } = stream.dialect
    const hint = isWord
      ? `${token.text} is a reserved word; as a name write ${quote}${token.written}${quote}`
      : undefined
    stream.fail(['a name'], hint)
  }
  stream.next()
  const steps: Step[] = []
  for (;;) {
    if (stream.takeSymbol('.')) steps.push(...parseKeys(stream))
    else if (stream.takeSymbol('[')) steps.push(parseBracketStep(stream, parseIndex))
    else return { kind: 'path', root: token.text, steps, ...stream.spanFrom(token.start) }
  }
}

/** What follows a dot. `.1.2` reads as one number and is two keys. */
function parseKeys(stream: TokenStream): Step[] {
  const { kind, text, written } = stream.token
  if (kind === TokenKind.SYMBOL || kind === TokenKind.END) {
    stream.fail(['a key'], 'a key with special characters stands in quotes')
  }
  stream.next()
  if (kind === TokenKind.FLOAT) return written.split('.').map((key) => ({ kind: 'key', key }))
  return [{ kind: 'key', key: kind === TokenKind.KEYWORD ? written : text }]
}

function parseBracketStep(
  stream: TokenStream,
  parseIndex: (stream: TokenStream) => Expression,
): Step {
  const bounds = parseBounds(stream)
  if (bounds !== undefined) return { kind: 'slice', ...bounds }
  const fromEnd = stream.isSymbol('-') && stream.peek(1).written === '0'
  const index = parseIndex(stream)
  stream.needSymbol(']')
  return { kind: 'index', index, fromEnd }
}
