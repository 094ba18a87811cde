import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { bracketMatching, syntaxHighlighting } from '@codemirror/language'
import { type Diagnostic, lintKeymap, setDiagnostics } from '@codemirror/lint'
import { Compartment, EditorState, type Extension } from '@codemirror/state'
import { drawSelection, EditorView, keymap } from '@codemirror/view'
import { classHighlighter } from '@lezer/highlight'
import { useEffect, useEffectEvent, useMemo, useRef, useState } from 'react'
import { defineTexts, useTexts } from '../../i18n/i18n.ts'
import './code-editor.css'

const TEXTS = defineTexts(
  'code-editor',
  { leave: 'Tab indents. Escape, then Tab, leaves the editor.' },
  { leave: 'Tab 键缩进；按 Escape 后再按 Tab 离开编辑器。' },
)

/** A place of the text to underline, in UTF-16 units. */
export interface Mark {
  readonly start: number
  readonly end: number
  readonly severity: 'error' | 'warning'
  readonly message: string
}

interface Props {
  readonly id?: string
  /** Said to those who cannot see. */
  readonly label: string
  readonly value?: string
  readonly onChange?: (text: string) => void
  /** Language, completion: the same value as long as they are the same. */
  readonly language: Extension
  readonly marks?: readonly Mark[]
  readonly isReadOnly?: boolean
}

const NO_MARKS: readonly Mark[] = []

/** A text in a language: coloured, completed, with what is wrong underlined. */
export function CodeEditor(props: Props) {
  const { id, label, value = '', onChange, language, marks = NO_MARKS, isReadOnly = false } = props
  const t = useTexts(TEXTS)
  const place = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(undefined)
  const [varying] = useState(() => new Compartment())
  const hint = t('leave')
  const extension = useMemo(
    (): Extension => [
      language,
      EditorState.readOnly.of(isReadOnly),
      EditorView.contentAttributes.of({
        'aria-label': label,
        'aria-description': hint,
        ...(id === undefined ? {} : { id }),
      }),
    ],
    [language, isReadOnly, label, hint, id],
  )
  const first = useEffectEvent(() => value)
  const changed = useEffectEvent((text: string) => onChange?.(text))
  useEffect(() => {
    if (place.current === null) return undefined
    const editor = new EditorView({
      parent: place.current,
      doc: first(),
      extensions: [
        COMMON,
        varying.of([]),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (docChanged) changed(state.doc.toString())
        }),
      ],
    })
    view.current = editor
    return () => editor.destroy()
  }, [varying])
  useEffect(() => {
    view.current?.dispatch({ effects: varying.reconfigure(extension) })
  }, [extension, varying])
  useEffect(() => replaceText(view.current, value), [value])
  useEffect(() => showMarks(view.current, marks), [marks])
  return <div ref={place} className="code-editor" />
}

const COMMON: Extension = [
  history(),
  drawSelection(),
  bracketMatching(),
  closeBrackets(),
  autocompletion({ icons: false }),
  EditorView.lineWrapping,
  syntaxHighlighting(classHighlighter),
  keymap.of([
    { key: 'Tab', run: acceptCompletion },
    ...closeBracketsKeymap,
    ...defaultKeymap,
    ...historyKeymap,
    ...completionKeymap,
    ...lintKeymap,
    // Escape, then Tab, leaves: the editor lets the next Tab pass.
    indentWithTab,
  ]),
]

function replaceText(view: EditorView | undefined, text: string): void {
  if (view === undefined || view.state.doc.toString() === text) return
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } })
}

function showMarks(view: EditorView | undefined, marks: readonly Mark[]): void {
  if (view === undefined) return
  const { length } = view.state.doc
  // What was found in a text that has become shorter since then may lie behind its end.
  const diagnostics = marks.map(({ start, end, severity, message }): Diagnostic => {
    const from = Math.min(start, length)
    return { from, to: Math.min(Math.max(end, from), length), severity, message }
  })
  view.dispatch(setDiagnostics(view.state, diagnostics))
}
