import { showBytes, showCount, showMs } from '../../format/numbers.ts'
import { StatTile } from '../../components/stat-tile.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { type Moment, worstLag } from './live.ts'
import { TEXTS } from './texts.ts'

const SHOWN_S = 120

/** The numbers of this second. */
export function NowTiles({ moments }: { moments: readonly Moment[] }) {
  const t = useTexts(TEXTS)
  const latest = moments.at(-1)
  if (latest === undefined) return null
  const { sample, rates } = latest
  const { current, stats, counters, memory } = sample
  const history = (read: (moment: Moment) => number): number[] => moments.slice(-SHOWN_S).map(read)
  const total = (name: string): string => t('total', { count: showCount(counters[name] ?? 0) })
  return (
    <div className="tiles">
      <StatTile
        label={t('connections')}
        to="/clients"
        value={showCount(current.live_connections)}
        note={t('sessionsNote', { count: showCount(current.connections) })}
        history={history((moment) => moment.sample.current.live_connections)}
      />
      <StatTile
        label={t('messagesIn')}
        value={t('perSecond', { count: showCount(rates.received) })}
        note={total('messages.received')}
        history={history((moment) => moment.rates.received)}
      />
      <StatTile
        label={t('messagesOut')}
        value={t('perSecond', { count: showCount(rates.sent) })}
        note={total('messages.sent')}
        history={history((moment) => moment.rates.sent)}
      />
      <StatTile
        label={t('bytes')}
        value={t('perSecond', { count: showBytes(rates.bytesIn + rates.bytesOut) })}
        note={t('bytesNote', { in: showBytes(rates.bytesIn), out: showBytes(rates.bytesOut) })}
        history={history((moment) => moment.rates.bytesIn + moment.rates.bytesOut)}
      />
      <StatTile
        label={t('subscriptions')}
        to="/subscriptions"
        value={showCount(current.subscriptions)}
        note={t('sharedNote', { count: showCount(current.shared_subscriptions) })}
        history={history((moment) => moment.sample.current.subscriptions)}
      />
      <StatTile
        label={t('retained')}
        to="/retained"
        value={showCount(current.retained_msg_count)}
        note={t('delayedNote', { count: showCount(stats['delayed.count'] ?? 0) })}
        history={history((moment) => moment.sample.current.retained_msg_count)}
      />
      <StatTile
        label={t('lag')}
        value={showMs(worstLag(latest))}
        note={t('lagNote')}
        history={history(worstLag)}
      />
      <StatTile
        label={t('memory')}
        value={showBytes(memory.process)}
        note={t('memoryNote', {
          used: showBytes(memory.machine_used),
          total: showBytes(memory.machine_total),
        })}
        history={history((moment) => moment.sample.memory.process)}
      />
    </div>
  )
}
