import type { Extension } from '@codemirror/state'
import { ConfigProvider } from 'antd'
import { useState } from 'react'
import { CodeEditor } from '../code-editor/code-editor.tsx'

interface Props {
  readonly id?: string
  readonly label: string
  readonly language: Extension
  readonly value: unknown
  readonly change: (value: unknown) => void
}

/** A value as JSON; what is no JSON yet is underlined, and changes nothing. */
export function JsonText({ label, language, value, change, ...named }: Props) {
  const [text, setText] = useState(() =>
    value === undefined ? '' : JSON.stringify(value, null, 2),
  )
  const { componentDisabled } = ConfigProvider.useConfig()
  const write = (next: string): void => {
    setText(next)
    try {
      change(next.trim() === '' ? undefined : JSON.parse(next))
    } catch {
      // It is not finished.
    }
  }
  if (componentDisabled) return <pre className="code">{text}</pre>
  return <CodeEditor {...named} label={label} language={language} value={text} onChange={write} />
}
