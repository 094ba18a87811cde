import { type KeyboardEvent, type ReactNode, useId, useLayoutEffect, useRef, useState } from 'react'
import './sql-editor.css'
import { tokensOf } from './sql-tokens.ts'
import { type Catalog, suggest, type Suggestion, wordAt } from './suggest.ts'

/** A place of the statement to underline. */
export interface Mark {
  readonly start: number
  readonly end: number
  readonly kind: 'wrong' | 'hint'
}

interface Props {
  readonly label: string
  readonly value: string
  readonly change: (sql: string) => void
  readonly catalog: Catalog
  readonly marks: readonly Mark[]
  readonly isReadOnly: boolean
}

/**
 * A text field for SQL: what is written shows in colours on a layer below the text, which itself is
 * a usual text field, with all that keyboards and screen readers expect of one.
 */
export function SqlEditor({ label, value, change, catalog, marks, isReadOnly }: Props) {
  const id = useId()
  const field = useRef<HTMLTextAreaElement>(null)
  const [caret, setCaret] = useState<number>()
  const [chosen, setChosen] = useState(0)
  const found = caret === undefined ? [] : suggest(value, caret, catalog)
  const pending = useRef<number>(undefined)
  useLayoutEffect(() => {
    if (pending.current === undefined) return
    field.current?.setSelectionRange(pending.current, pending.current)
    pending.current = undefined
  })
  const accept = ({ text }: Suggestion): void => {
    const at = caret ?? value.length
    const { start } = wordAt(value, at)
    change(value.slice(0, start) + text + value.slice(at))
    pending.current = start + text.length
    setCaret(undefined)
    field.current?.focus()
  }
  const press = (event: KeyboardEvent): void => {
    const wanted = found[chosen]
    if (wanted === undefined) return
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) setChosen((chosen + step + found.length) % found.length)
    else if (event.key === 'Enter' || event.key === 'Tab') accept(wanted)
    else if (event.key === 'Escape') setCaret(undefined)
    else return
    event.preventDefault()
  }
  return (
    <div className="sql-editor">
      <Coloured sql={value} marks={marks} caret={found.length === 0 ? undefined : caret}>
        <Suggestions id={id} found={found} chosen={chosen} accept={accept} />
      </Coloured>
      <textarea
        ref={field}
        aria-label={label}
        aria-autocomplete="list"
        aria-controls={found.length === 0 ? undefined : id}
        aria-activedescendant={found.length === 0 ? undefined : `${id}-${chosen}`}
        value={value}
        readOnly={isReadOnly}
        spellCheck={false}
        autoCapitalize="off"
        onChange={({ target }) => {
          setChosen(0)
          setCaret(target.selectionStart)
          change(target.value)
        }}
        onKeyDown={press}
        onBlur={() => setCaret(undefined)}
        onClick={() => setCaret(undefined)}
      />
    </div>
  )
}

interface ColouredProps {
  readonly sql: string
  readonly marks: readonly Mark[]
  readonly caret: number | undefined
  readonly children: ReactNode
}

/** The statement in colours; what belongs to the caret hangs where the caret is. */
function Coloured({ sql, marks, caret, children }: ColouredProps) {
  const marker = useRef<HTMLSpanElement>(null)
  const [place, setPlace] = useState({ left: 0, top: 0 })
  useLayoutEffect(() => {
    const { current } = marker
    if (current === null) return
    const next = { left: current.offsetLeft, top: current.offsetTop + current.offsetHeight }
    setPlace((before) => (before.left === next.left && before.top === next.top ? before : next))
  }, [sql, caret])
  return (
    <>
      <pre aria-hidden="true">
        {tokensOf(sql).map(({ kind, start, end }) => {
          const mark = marks.find((one) => one.start < end && one.end > start)
          const className = `sql-${kind}${mark === undefined ? '' : ` sql-${mark.kind}`}`
          const at = caret !== undefined && caret > start && caret <= end ? caret : end
          return (
            <span key={start} className={className}>
              {sql.slice(start, at)}
              {at === caret && <span ref={marker}>{'\u200b'}</span>}
              {sql.slice(at, end)}
            </span>
          )
        })}{' '}
      </pre>
      {caret !== undefined && <div style={{ position: 'absolute', ...place }}>{children}</div>}
    </>
  )
}

interface SuggestionsProps {
  readonly id: string
  readonly found: readonly Suggestion[]
  readonly chosen: number
  readonly accept: (suggestion: Suggestion) => void
}

function Suggestions({ id, found, chosen, accept }: SuggestionsProps) {
  return (
    <ul className="sql-suggestions" role="listbox" id={id} aria-label="SQL">
      {found.map((one, index) => (
        <li
          key={`${one.kind} ${one.text}`}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === chosen}
          // Before the text field loses the focus.
          onMouseDown={(event) => {
            event.preventDefault()
            accept(one)
          }}
        >
          {one.text}
          <small>{one.kind}</small>
        </li>
      ))}
    </ul>
  )
}
