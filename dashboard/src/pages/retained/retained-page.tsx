import type {
  deleteAllRetained,
  deleteRetained,
  getRetained,
  listRetained,
} from '#management/contract/retainer.ts'
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
import { showTime } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

type Row = Answer<typeof listRetained>['data'][number]
const STALE = ['retained']

/** The last value of each topic that keeps one. */
export default function RetainedPage() {
  const t = useTexts(TEXTS)
  const [filter, setFilter] = useState('')
  const [shown, setShown] = useState<string>()
  return (
    <>
      <PageTitle title={t('title')} about={t('about')}>
        <DangerButton
          label={filter === '' ? t('deleteAll') : t('deleteMatching')}
          question={filter === '' ? t('deleteAllAsk') : t('deleteMatchingAsk', { filter })}
          consequence={t('deleteLoses')}
          run={() => removeMatching(filter)}
          done={t('deleted')}
          stale={STALE}
        />
      </PageTitle>
      <Flex gap={8} wrap style={{ marginBottom: 12 }}>
        <FilterInput label={t('filter')} hint={t('example')} width={340} search={setFilter} />
      </Flex>
      <ServerTable<Row>
        queryKey={['retained', filter]}
        load={async ({ page, limit }, signal) =>
          call<typeof listRetained>('GET', '/mqtt/retainer/messages', {
            signal,
            query: { page, limit, ...(filter !== '' && { topic: filter }) },
          })
        }
        columns={useColumns(setShown)}
        rowKey={({ topic }) => topic}
        empty={filter === '' ? t('none') : t('noMatch')}
      />
      {shown !== undefined && <Details topic={shown} close={() => setShown(undefined)} />}
    </>
  )
}

function useColumns(show: (topic: string) => void): TableColumnsType<Row> {
  const t = useTexts(TEXTS)
  return [
    {
      title: t('topic'),
      dataIndex: 'topic',
      render: (topic: string) => <TextButton open={() => show(topic)}>{topic}</TextButton>,
    },
    { title: 'QoS', dataIndex: 'qos', render: (qos: number) => <Tag>{qos}</Tag> },
    { title: t('from'), dataIndex: 'from_clientid', render: (from: string) => from || '–' },
    { title: t('publishedAt'), dataIndex: 'publish_at', render: (at: string) => showTime(at) },
    useActionsColumn(({ topic }) => (
      <DangerButton
        size="small"
        label={t('delete')}
        question={t('deleteAsk', { topic })}
        consequence={t('deleteLoses')}
        run={() => remove(topic)}
        done={t('deleted')}
        stale={STALE}
      />
    )),
  ]
}

async function remove(topic: string): Promise<unknown> {
  const params = { topic }
  return call<typeof deleteRetained>('DELETE', '/mqtt/retainer/message/{topic}', { params })
}

async function removeMatching(filter: string): Promise<unknown> {
  const query = filter === '' ? {} : { topic: filter }
  return call<typeof deleteAllRetained>('DELETE', '/mqtt/retainer/messages', { query })
}

function Details({ topic, close }: { topic: string; close: () => void }) {
  const t = useTexts(TEXTS)
  return (
    <MessageDrawer<Answer<typeof getRetained>>
      queryKey={['retained-message', topic]}
      load={(signal) =>
        call<typeof getRetained>('GET', '/mqtt/retainer/message/{topic}', {
          params: { topic },
          signal,
        })
      }
      facts={(message) => [
        ['QoS', message.qos],
        [t('from'), message.from_clientid || '–'],
        [t('publishedAt'), showTime(message.publish_at)],
      ]}
      close={close}
    />
  )
}
