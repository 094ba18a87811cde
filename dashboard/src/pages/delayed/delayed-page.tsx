import type {
  cancelDelayed,
  cancelDelayedByTopic,
  getDelayed,
  listDelayed,
} from '#management/contract/delayed.ts'
import { Flex, type TableColumnsType, Tag } from 'antd'
import { useState } from 'react'
import { type Answer, call } from '../../api/call.ts'
import { DangerButton } from '../../components/danger-button.tsx'
import { FilterInput } from '../../components/filter-input.tsx'
import { MessageDrawer } from '../../components/message-drawer.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { useActionsColumn } from '../../components/row-actions.tsx'
import { ServerTable } from '../../components/server-table.tsx'
import { TextButton } from '../../components/text-button.tsx'
import { showDuration, showTime } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

type Row = Answer<typeof listDelayed>['data'][number]
const STALE = ['delayed']
const REFRESH_MS = 5_000

/** Messages that are published later. */
export default function DelayedPage() {
  const t = useTexts(TEXTS)
  const [filter, setFilter] = useState('')
  const [shown, setShown] = useState<Row>()
  return (
    <>
      <PageTitle title={t('title')} about={t('about')} />
      <Flex gap={8} wrap style={{ marginBottom: 12 }}>
        <FilterInput label={t('filter')} hint={t('example')} width={340} search={setFilter} />
        <DangerButton
          label={t('cancelMatching')}
          question={t('cancelMatchingAsk', { filter })}
          consequence={t('cancelLoses')}
          disabled={filter === ''}
          run={() => cancelMatching(filter)}
          done={t('cancelled')}
          stale={STALE}
        />
      </Flex>
      <ServerTable<Row>
        queryKey={['delayed']}
        load={async ({ page, limit }, signal) =>
          call<typeof listDelayed>('GET', '/mqtt/delayed/messages', {
            signal,
            query: { page, limit },
          })
        }
        columns={useColumns(setShown)}
        rowKey={({ msgid }) => msgid}
        empty={t('none')}
        refreshMs={REFRESH_MS}
      />
      {shown !== undefined && <Details row={shown} close={() => setShown(undefined)} />}
    </>
  )
}

function useColumns(show: (row: Row) => void): TableColumnsType<Row> {
  const t = useTexts(TEXTS)
  return [
    {
      title: t('topic'),
      render: (_, row) => <TextButton open={() => show(row)}>{row.topic}</TextButton>,
    },
    { title: 'QoS', dataIndex: 'qos', render: (qos: number) => <Tag>{qos}</Tag> },
    { title: t('from'), dataIndex: 'from_clientid', render: (from: string) => from || '–' },
    { title: t('dueAt'), dataIndex: 'expected_at', render: (at: string) => showTime(at) },
    {
      title: t('remaining'),
      dataIndex: 'delayed_remaining',
      align: 'right',
      className: 'number',
      render: (seconds: number) => showDuration(Math.max(0, seconds) * 1000),
    },
    useActionsColumn((row) => (
      <DangerButton
        size="small"
        label={t('cancel')}
        question={t('cancelAsk', { topic: row.topic })}
        consequence={t('cancelLoses')}
        run={() => cancel(row)}
        done={t('cancelled')}
        stale={STALE}
      />
    )),
  ]
}

async function cancel({ node, msgid }: Row): Promise<unknown> {
  const params = { node, msgid }
  return call<typeof cancelDelayed>('DELETE', '/mqtt/delayed/messages/{node}/{msgid}', { params })
}

async function cancelMatching(topic: string): Promise<unknown> {
  const params = { topic }
  return call<typeof cancelDelayedByTopic>('DELETE', '/mqtt/delayed/messages/{topic}', { params })
}

function Details({ row, close }: { row: Row; close: () => void }) {
  const t = useTexts(TEXTS)
  const { node, msgid } = row
  return (
    <MessageDrawer<Answer<typeof getDelayed>>
      queryKey={['delayed-message', node, msgid]}
      load={(signal) =>
        call<typeof getDelayed>('GET', '/mqtt/delayed/messages/{node}/{msgid}', {
          params: { node, msgid },
          signal,
        })
      }
      facts={(message) => [
        ['QoS', message.qos],
        [t('from'), message.from_clientid || '–'],
        [t('publishedAt'), showTime(message.publish_at)],
        [t('dueAt'), showTime(message.expected_at)],
        [t('delay'), showDuration(message.delayed_interval * 1000)],
      ]}
      close={close}
    />
  )
}
