import type { unsubscribeClient } from '#management/contract/clients.ts'
import type { listSubscriptions } from '#management/contract/subscriptions.ts'
import { Flex, Select, type TableColumnsType, Tag } from 'antd'
import { type Answer, call } from '../../api/call.ts'
import { ClientLink } from '../../components/client-link.tsx'
import { DangerButton } from '../../components/danger-button.tsx'
import { FilterInput } from '../../components/filter-input.tsx'
import { useActionsColumn } from '../../components/row-actions.tsx'
import { ServerTable } from '../../components/server-table.tsx'
import { useFilters } from '../../components/use-filters.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

type Row = Answer<typeof listSubscriptions>['data'][number]
type Qos = Row['qos']

interface Filters {
  readonly clientid: string
  readonly match_topic: string
  readonly topic: string
  readonly share_group: string
  readonly qos: Qos
}

/** Who has subscribed to what. */
export function SubscriptionList() {
  const t = useTexts(TEXTS)
  const { filters, set } = useFilters<Filters>()
  return (
    <>
      <Flex gap={8} wrap style={{ marginBottom: 12 }}>
        <FilterInput label={t('client')} search={set('clientid')} />
        <FilterInput label={t('filter')} search={set('topic')} />
        <FilterInput label={t('matches')} width={260} search={set('match_topic')} />
        <FilterInput label={t('group')} width={180} search={set('share_group')} />
        <Select<Qos | 'any'>
          aria-label="QoS"
          value={filters.qos ?? 'any'}
          style={{ width: 120 }}
          onChange={set('qos')}
          options={[
            { value: 'any', label: t('anyQos') },
            ...([0, 1, 2] as const).map((value) => ({ value, label: `QoS ${value}` })),
          ]}
        />
      </Flex>
      <ServerTable<Row>
        queryKey={['subscriptions', filters]}
        load={async ({ page, limit }, signal) =>
          call<typeof listSubscriptions>('GET', '/subscriptions', {
            signal,
            query: { page, limit, ...filters },
          })
        }
        columns={useColumns()}
        rowKey={({ clientid, topic }) => `${clientid}\0${topic}`}
        empty={t('none')}
      />
    </>
  )
}

function useColumns(): TableColumnsType<Row> {
  const t = useTexts(TEXTS)
  return [
    {
      title: t('client'),
      dataIndex: 'clientid',
      render: (id: string) => <ClientLink id={id} />,
    },
    { title: t('filter'), dataIndex: 'topic', render: (topic: string) => <Filter text={topic} /> },
    { title: 'QoS', dataIndex: 'qos', render: (qos: number) => <Tag>{qos}</Tag> },
    { title: 'No local', dataIndex: 'nl', render: (set: number) => t(set ? 'yes' : 'no') },
    {
      title: 'Retain as published',
      dataIndex: 'rap',
      render: (set: number) => t(set ? 'yes' : 'no'),
    },
    { title: 'Retain handling', dataIndex: 'rh' },
    { title: t('kept'), dataIndex: 'durable', render: (kept: boolean) => t(kept ? 'yes' : 'no') },
    useActionsColumn((row) => (
      <DangerButton
        size="small"
        label={t('unsubscribe')}
        question={t('unsubscribeAsk', { client: row.clientid, filter: row.topic })}
        consequence={t('unsubscribeLoses')}
        run={() => unsubscribe(row)}
        done={t('unsubscribed')}
        stale={['subscriptions']}
      />
    )),
  ]
}

async function unsubscribe({ clientid, topic }: Row): Promise<unknown> {
  return call<typeof unsubscribeClient>('POST', '/clients/{clientid}/unsubscribe', {
    params: { clientid },
    body: { topic },
  })
}

/** A filter; of a shared subscription the group stands apart. */
function Filter({ text }: { text: string }) {
  const shared = /^\$share\/([^/]+)\/(.*)$/s.exec(text)
  if (shared === null) return text
  return (
    <>
      <Tag color="processing">$share/{shared[1]}</Tag>
      {shared[2]}
    </>
  )
}
