import { type ReactNode, useId } from 'react'

interface Props {
  readonly title?: ReactNode
  /** Buttons and choices at the right of the title. */
  readonly extra?: ReactNode
  readonly children: ReactNode
}

/** A part of a page, with its title. */
export function Panel({ title, extra, children }: Props) {
  const id = useId()
  return (
    <section className="panel" {...(title === undefined ? {} : { 'aria-labelledby': id })}>
      {(title !== undefined || extra !== undefined) && (
        <div className="panel-head">
          {title === undefined ? <span /> : <h2 id={id}>{title}</h2>}
          {extra}
        </div>
      )}
      {children}
    </section>
  )
}
