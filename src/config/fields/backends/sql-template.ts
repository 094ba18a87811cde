/**
 * SQL with placeholders. They become parameters of the statement, so that no value of a client is
 * ever part of its text. A placeholder may stand alone in quotes, as it often does in files that
 * were written for EMQX; inside a longer quoted text it cannot be a parameter.
 */

/** A statement in pieces: texts and names of placeholders in turn; even positions are texts. */
export type SqlTemplate = readonly string[]

const QUOTED_OR_PLACEHOLDER = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$\{([^}]*)\}/g
const ALONE_IN_QUOTES = /^(['"])\$\{([^}]*)\}\1$/

/** What is wrong with a statement, or undefined. */
export function checkSqlTemplate(text: string): string | undefined {
  const inside = [...text.matchAll(QUOTED_OR_PLACEHOLDER)].find(([piece]) => {
    return /^['"]/.test(piece) && piece.includes('${') && !ALONE_IN_QUOTES.test(piece)
  })
  if (inside === undefined) return undefined
  return `has a placeholder inside the quoted text ${inside[0]}; join texts in SQL instead`
}

/** Cuts a statement, which `checkSqlTemplate` has found right, into its pieces. */
export function splitSqlTemplate(text: string): SqlTemplate {
  const pieces: string[] = []
  let literal = ''
  let at = 0
  for (const match of text.matchAll(QUOTED_OR_PLACEHOLDER)) {
    const [piece, bare] = match
    const name = bare ?? ALONE_IN_QUOTES.exec(piece)?.[2]
    literal += text.slice(at, match.index)
    at = match.index + piece.length
    if (name === undefined) {
      literal += piece
      continue
    }
    pieces.push(literal, name)
    literal = ''
  }
  return [...pieces, literal + text.slice(at)]
}
