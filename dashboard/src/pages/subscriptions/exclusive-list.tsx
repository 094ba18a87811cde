import type { deleteExclusive, listExclusive } from '#management/contract/subscriptions.ts'
import type { TableColumnsType } from 'antd'
import { type Answer, call } from '../../api/call.ts'
import { ClientLink } from '../../components/client-link.tsx'
import { DangerButton } from '../../components/danger-button.tsx'
import { useActionsColumn } from '../../components/row-actions.tsx'
import { ServerTable } from '../../components/server-table.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

type Row = Answer<typeof listExclusive>['data'][number]
const STALE = ['exclusive']

/** Topics that one client has for itself. */
export function ExclusiveList() {
  const t = useTexts(TEXTS)
  return (
    <ServerTable<Row>
      queryKey={STALE}
      load={async ({ page, limit }, signal) =>
        call<typeof listExclusive>('GET', '/exclusive_subscriptions', {
          signal,
          query: { page, limit },
        })
      }
      columns={useColumns()}
      rowKey={({ topic }) => topic}
      empty={t('noneExclusive')}
    />
  )
}

function useColumns(): TableColumnsType<Row> {
  const t = useTexts(TEXTS)
  return [
    { title: t('topic'), dataIndex: 'topic' },
    {
      title: t('holder'),
      dataIndex: 'clientid',
      render: (id: string) => <ClientLink id={id} />,
    },
    useActionsColumn(({ topic, clientid }) => (
      <DangerButton
        size="small"
        label={t('release')}
        question={t('releaseAsk', { topic })}
        consequence={t('releaseLoses', { client: clientid })}
        run={() => release(topic)}
        done={t('released')}
        stale={[...STALE, 'subscriptions']}
      />
    )),
  ]
}

async function release(topic: string): Promise<unknown> {
  const params = { topic }
  return call<typeof deleteExclusive>('DELETE', '/exclusive_subscriptions/{topic}', { params })
}
