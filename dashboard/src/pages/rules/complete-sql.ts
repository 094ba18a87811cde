import {
  type Completion,
  type CompletionContext,
  type CompletionResult,
  snippetCompletion,
} from '@codemirror/autocomplete'
import { syntaxTree } from '@codemirror/language'
import { EditorState, type Extension } from '@codemirror/state'
import { KEYWORDS } from '../../components/code-editor/rule-sql.ts'

/** A function of the language. */
interface SqlFunction {
  readonly name: string
  readonly signature: string
  readonly text: string
  readonly example: string
}

/** What can be written. */
interface Catalog {
  /** Columns, and paths into the sample. */
  readonly fields: readonly string[]
  readonly functions: readonly SqlFunction[]
}

const WORD = /[A-Za-z_$][\w$.]*/
const DEPTH_MAX = 4
/** Fields before functions before keywords. */
const ORDER = { field: 2, function: 1, keyword: 0 } as const

/** Suggests fields, functions with what they do, and keywords. */
export function completeSql({ fields, functions }: Catalog): Extension {
  const options: readonly Completion[] = [
    ...fields.map((label) => ({ label, detail: 'field', boost: ORDER.field })),
    ...functions.map(({ name, signature, text, example }) => {
      const info = [signature, text, example].filter((part) => part !== '').join('\n\n')
      const more = { label: name, detail: 'function', info, boost: ORDER.function }
      return snippetCompletion(`${name}(\${})`, more)
    }),
    ...KEYWORDS.map((label) => ({ label, detail: 'keyword', boost: ORDER.keyword })),
  ]
  const source = (context: CompletionContext): CompletionResult | null => {
    const word = context.matchBefore(WORD)
    if (word === null && !context.explicit) return null
    const { name } = syntaxTree(context.state).resolveInner(context.pos, -1)
    if (name === 'string' || name === 'comment') return null
    return { from: word?.from ?? context.pos, options, validFor: /^[\w$.]*$/ }
  }
  return EditorState.languageData.of(() => [{ autocomplete: source }])
}

/** Columns, and the paths that a sample of the payload has. */
export function fieldsWith(columns: readonly string[], payload: string): readonly string[] {
  return [...columns, ...pathsOf(payload).map((path) => `payload.${path}`)]
}

function pathsOf(payload: string): readonly string[] {
  try {
    return below(JSON.parse(payload), 0)
  } catch {
    return []
  }
}

function below(value: unknown, depth: number): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).flatMap(([key, part]) => {
    if (!/^[A-Za-z_]\w*$/.test(key) || depth >= DEPTH_MAX) return []
    return [key, ...below(part, depth + 1).map((path) => `${key}.${path}`)]
  })
}
