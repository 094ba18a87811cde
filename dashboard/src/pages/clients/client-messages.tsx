import type {
  listInflightMessages,
  listQueuedMessages,
} from '#management/contract/client-messages.ts'
import { Segmented, Tag } from 'antd'
import { useState } from 'react'
import { type Answer, call } from '../../api/call.ts'
import { ListTable } from '../../components/list-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { PayloadView } from '../../components/payload-view.tsx'
import { showTime } from '../../format/numbers.ts'
import { fromBase64 } from '../../../../src/kernel/payload-format.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

type Message = Answer<typeof listInflightMessages>['data'][number]
type Place = 'queued' | 'inflight'

const SHOWN_MAX = 100
const REFRESH_MS = 5_000

/** The first messages that wait for the client, or for its acknowledgement. */
export function ClientMessages({ clientId }: { clientId: string }) {
  const t = useTexts(TEXTS)
  const [place, setPlace] = useState<Place>('queued')
  const params = { clientid: clientId }
  const load = async (signal: AbortSignal): Promise<readonly Message[]> => {
    const options = { params, signal, query: { limit: SHOWN_MAX } }
    const { data } =
      place === 'queued'
        ? await call<typeof listQueuedMessages>(
            'GET',
            '/clients/{clientid}/mqueue_messages',
            options,
          )
        : await call<typeof listInflightMessages>(
            'GET',
            '/clients/{clientid}/inflight_messages',
            options,
          )
    return data
  }
  return (
    <Panel
      title={t('messages')}
      extra={
        <Segmented<Place>
          aria-label={t('messages')}
          value={place}
          onChange={setPlace}
          options={[
            { value: 'queued', label: t('queued') },
            { value: 'inflight', label: t('inflight') },
          ]}
        />
      }
    >
      <ListTable<Message>
        queryKey={['client-messages', clientId, place]}
        load={load}
        refreshMs={REFRESH_MS}
        rowKey={({ msgid }) => msgid}
        empty={t('noMessages')}
        expanded={({ payload = '' }) => <PayloadView bytes={fromBase64(payload)} />}
        columns={[
          { title: t('topic'), dataIndex: 'topic' },
          { title: 'QoS', dataIndex: 'qos', render: (qos: number) => <Tag>{qos}</Tag> },
          { title: t('publisher'), dataIndex: 'from_clientid' },
          {
            title: t('publishedAt'),
            dataIndex: 'publish_at',
            render: (at: number) => showTime(at),
          },
        ]}
      />
    </Panel>
  )
}
