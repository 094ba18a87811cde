import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { Sparkline } from './sparkline.tsx'

interface Props {
  readonly label: string
  readonly value: string
  /** What belongs to it: a part, a limit, a total. */
  readonly note?: ReactNode
  readonly history?: readonly number[]
  /** The page that says more. */
  readonly to?: string
}

/** One number of now, and how it came to that. */
export function StatTile({ label, value, note, history, to }: Props) {
  return (
    <section className="panel" aria-label={label} style={{ paddingBottom: 8 }}>
      <div className="tile-label">{to === undefined ? label : <Link to={to}>{label}</Link>}</div>
      <div className="tile-value">{value}</div>
      <div className="tile-note">{note}</div>
      {history !== undefined && <Sparkline values={history} />}
    </section>
  )
}
