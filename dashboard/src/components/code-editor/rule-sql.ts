import { StreamLanguage } from '@codemirror/language'
import type { Extension } from '@codemirror/state'

/** Words with a meaning of their own in the SQL of rules. */
export const KEYWORDS: readonly string[] =
  'AND AS CASE DIV DO ELSE END FOREACH FROM IN INCASE LIKE MOD NOT OR SELECT THEN WHEN WHERE'.split(
    ' ',
  )
const KNOWN: ReadonlySet<string> = new Set(KEYWORDS)

interface State {
  isComment: boolean
}

/** The SQL of rules as far as colours go; the broker judges it. */
export const RULE_SQL: Extension = StreamLanguage.define<State>({
  name: 'rule-sql',
  startState: () => ({ isComment: false }),
  languageData: { commentTokens: { line: '--', block: { open: '/*', close: '*/' } } },
  token(stream, state) {
    if (state.isComment) {
      state.isComment = stream.match(/^.*?\*\//) === null
      if (state.isComment) stream.skipToEnd()
      return 'comment'
    }
    if (stream.match(/^--.*/)) return 'comment'
    if (stream.match('/*')) {
      state.isComment = true
      return 'comment'
    }
    if (stream.match(/^'(?:[^']|'')*'?/)) return 'string'
    if (stream.match(/^"[^"]*"?/)) return 'string'
    if (stream.match(/^\d+(?:\.\d+)?/)) return 'number'
    const word = stream.match(/^[A-Za-z_$][\w$@~]*/)
    if (Array.isArray(word)) {
      if (KNOWN.has(word[0].toUpperCase())) return 'keyword'
      return stream.match('(', false) ? 'variableName.special' : 'variableName'
    }
    stream.next()
    return null
  },
})
