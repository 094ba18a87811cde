import { Badge } from 'antd'
import { Panel } from '../../components/panel.tsx'
import { showBytes, showCount, showMs } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import type { Moment } from './live.ts'
import { TEXTS } from './texts.ts'

/**
 * The threads that serve clients, one row each. A plain table: that of the lists would double what
 * the first page weighs.
 */
export function ShardTable({ latest }: { latest: Moment }) {
  const t = useTexts(TEXTS)
  const titles = [
    t('connections'),
    t('inPerSecond'),
    t('outPerSecond'),
    t('lagShort'),
    t('busy'),
    t('heap'),
  ]
  return (
    <Panel title={t('shards')}>
      <div style={{ overflowX: 'auto' }} tabIndex={0}>
        <table className="plain-table number">
          <thead>
            <tr>
              <th scope="col">{t('shardColumn')}</th>
              {titles.map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {latest.sample.shards.map((shard, number) => {
              const { received = 0, sent = 0 } = latest.rates.shards[number] ?? {}
              const { lag_ms: lag, busy, heap_bytes: heap } = shard
              return (
                <tr key={number}>
                  <th scope="row">
                    <Badge
                      status={shard.store_healthy === false ? 'error' : 'success'}
                      text={t('shard', { number })}
                    />
                  </th>
                  <td>{showCount(shard.connections)}</td>
                  <td>{showCount(received)}</td>
                  <td>{showCount(sent)}</td>
                  <td>{lag === undefined ? '–' : showMs(lag)}</td>
                  <td>{busy === undefined ? '–' : `${Math.round(busy * 100)} %`}</td>
                  <td>{heap === undefined ? '–' : showBytes(heap)}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
