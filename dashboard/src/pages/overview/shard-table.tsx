import { Badge, Table } from 'antd'
import { Panel } from '../../components/panel.tsx'
import { showBytes, showCount, showMs } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import type { Moment } from './live.ts'
import { TEXTS } from './texts.ts'

/** The threads that serve clients, one row each. */
export function ShardTable({ latest }: { latest: Moment }) {
  const t = useTexts(TEXTS)
  const rows = latest.sample.shards.map((shard, number) => ({
    ...shard,
    number,
    rates: latest.rates.shards[number] ?? { received: 0, sent: 0 },
  }))
  type Row = (typeof rows)[number]
  const number = (title: string, read: (row: Row) => string) => ({
    title,
    align: 'right' as const,
    className: 'number',
    render: (_: unknown, row: Row) => read(row),
  })
  return (
    <Panel title={t('shards')}>
      <Table<Row>
        size="small"
        rowKey="number"
        dataSource={rows}
        pagination={false}
        scroll={{ x: 'max-content' }}
        columns={[
          {
            title: t('shardColumn'),
            render: (_, row) => (
              <Badge
                status={row.store_healthy === false ? 'error' : 'success'}
                text={t('shard', { number: row.number })}
              />
            ),
          },
          number(t('connections'), (row) => showCount(row.connections)),
          number(t('inPerSecond'), (row) => showCount(row.rates.received)),
          number(t('outPerSecond'), (row) => showCount(row.rates.sent)),
          number(t('lagShort'), ({ lag_ms: lag }) => (lag === undefined ? '–' : showMs(lag))),
          number(t('busy'), ({ busy }) =>
            busy === undefined ? '–' : `${Math.round(busy * 100)} %`,
          ),
          number(t('heap'), ({ heap_bytes: heap }) => (heap === undefined ? '–' : showBytes(heap))),
        ]}
      />
    </Panel>
  )
}
