import type { getClient } from '#management/contract/clients.ts'
import { useState } from 'react'
import type { Answer } from '../../api/call.ts'
import { StatTile } from '../../components/stat-tile.tsx'
import { showBytes, showCount } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

type Client = Answer<typeof getClient>
type Rates = readonly [messagesIn: number, messagesOut: number, bytesIn: number, bytesOut: number]
type Part = 0 | 1 | 2 | 3

const REMEMBERED = 60

interface Seen {
  readonly atMs: number
  readonly counts: Rates
  /** The latest last. */
  readonly rates: readonly Rates[]
}

/** What comes from a client and goes to it, each second, since its page was opened. */
export function ClientTraffic({ client, atMs }: { client: Client; atMs: number }) {
  const t = useTexts(TEXTS)
  const { recv_msg = 0, send_msg = 0, recv_oct = 0, send_oct = 0 } = client
  const counts: Rates = [recv_msg, send_msg, recv_oct, send_oct]
  const [seen, setSeen] = useState<Seen>({ atMs, counts, rates: [] })
  if (seen.atMs !== atMs) setSeen(next(seen, atMs, counts))
  const now = seen.rates.at(-1)
  const history = (part: Part) => seen.rates.map((rates) => rates[part])
  const tile = (name: 'messagesIn' | 'messagesOut', part: 0 | 1, count: number) => (
    <StatTile
      label={t(name)}
      value={now === undefined ? '–' : t('perSecond', { rate: showCount(now[part]) })}
      note={t('sinceConnected', { count: showCount(count) })}
      history={history(part)}
    />
  )
  const bytes = (name: 'bytesIn' | 'bytesOut', part: 2 | 3, count: number) => (
    <StatTile
      label={t(name)}
      value={now === undefined ? '–' : t('perSecond', { rate: showBytes(now[part]) })}
      note={t('sinceConnected', { count: showBytes(count) })}
      history={history(part)}
    />
  )
  return (
    <div className="tiles">
      {tile('messagesIn', 0, recv_msg)}
      {tile('messagesOut', 1, send_msg)}
      {bytes('bytesIn', 2, recv_oct)}
      {bytes('bytesOut', 3, send_oct)}
    </div>
  )
}

function next(before: Seen, atMs: number, counts: Rates): Seen {
  // A client that connected again counts from 0.
  const isGoingOn = counts.every((one, i) => one >= (before.counts[i] ?? 0))
  if (!isGoingOn || atMs <= before.atMs) return { atMs, counts, rates: [] }
  const seconds = (atMs - before.atMs) / 1000
  const rate = (part: Part): number => (counts[part] - before.counts[part]) / seconds
  const rates: Rates = [rate(0), rate(1), rate(2), rate(3)]
  return { atMs, counts, rates: [...before.rates, rates].slice(-REMEMBERED) }
}
