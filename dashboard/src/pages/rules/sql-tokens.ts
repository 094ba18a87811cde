/** What an editor has to know of the SQL of rules: enough to colour it, not to judge it. */
export type TokenKind = 'keyword' | 'string' | 'name' | 'number' | 'comment' | 'call' | 'plain'

export interface Token {
  readonly kind: TokenKind
  readonly start: number
  readonly end: number
}

const KEYWORDS: ReadonlySet<string> = new Set(
  'AND AS CASE DIV DO ELSE END FOREACH FROM IN INCASE LIKE MOD NOT OR SELECT THEN WHEN WHERE'.split(
    ' ',
  ),
)
/** Comment, text, quoted name, number, word; then blanks and single characters. */
const TOKEN = new RegExp(
  [
    String.raw`(--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))`,
    String.raw`('(?:[^']|'')*'?)`,
    String.raw`("[^"]*"?)`,
    String.raw`(\d+(?:\.\d+)?)`,
    String.raw`([A-Za-z_$][\w$@~]*)`,
    String.raw`\s+`,
    String.raw`[^\s\w]`,
  ].join('|'),
  'g',
)

/** The tokens of a statement; every character belongs to one. */
export function tokensOf(sql: string): readonly Token[] {
  return [...sql.matchAll(TOKEN)].map((match) => {
    const [text, comment, string, name, number, word] = match
    const end = match.index + text.length
    const place = { start: match.index, end }
    if (comment !== undefined) return { kind: 'comment', ...place }
    if (string !== undefined) return { kind: 'string', ...place }
    if (name !== undefined) return { kind: 'name', ...place }
    if (number !== undefined) return { kind: 'number', ...place }
    if (word === undefined) return { kind: 'plain', ...place }
    if (KEYWORDS.has(word.toUpperCase())) return { kind: 'keyword', ...place }
    return { kind: sql[end] === '(' ? 'call' : 'plain', ...place }
  })
}

/** The names after FROM. */
export function sourcesOf(sql: string): readonly string[] {
  const [, list = ''] = /\bFROM\b([\s\S]*?)(?:\bWHERE\b|$)/i.exec(sql) ?? []
  return [...list.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name)
}

export const KEYWORD_LIST: readonly string[] = [...KEYWORDS]
