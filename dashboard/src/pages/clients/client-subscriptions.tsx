import type {
  listClientSubscriptions,
  subscribeClient,
  unsubscribeClient,
} from '#management/contract/clients.ts'
import { Button, Form, Input, Select } from 'antd'
import { type Answer, call } from '../../api/call.ts'
import { useMayChange } from '../../api/session.ts'
import { DangerButton } from '../../components/danger-button.tsx'
import { ListTable } from '../../components/list-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { useAction } from '../../components/use-action.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

type Row = Answer<typeof listClientSubscriptions>[number]

interface Fields {
  readonly topic: string
  readonly qos: 0 | 1 | 2
}

/** What a client has subscribed to; subscribes and unsubscribes for it. */
export function ClientSubscriptions({ clientId }: { clientId: string }) {
  const t = useTexts(TEXTS)
  const { run } = useAction()
  const mayChange = useMayChange()
  const params = { clientid: clientId }
  const load = async (signal: AbortSignal): Promise<readonly Row[]> =>
    call<typeof listClientSubscriptions>('GET', '/clients/{clientid}/subscriptions', {
      params,
      signal,
    })
  const stale = ['client-subscriptions', 'client']
  const subscribe = async (body: Fields): Promise<unknown> =>
    run(
      () => call<typeof subscribeClient>('POST', '/clients/{clientid}/subscribe', { params, body }),
      { done: t('subscribed'), stale },
    )
  const unsubscribe = async (topic: string): Promise<unknown> => {
    const body = { topic }
    return call<typeof unsubscribeClient>('POST', '/clients/{clientid}/unsubscribe', {
      params,
      body,
    })
  }
  return (
    <Panel title={t('subscriptions')}>
      <Form<Fields>
        layout="inline"
        initialValues={{ qos: 0 }}
        onFinish={(fields) => void subscribe(fields)}
        style={{ marginBottom: 12, rowGap: 8 }}
      >
        <Form.Item name="topic" label={t('filter')} rules={[{ required: true }]}>
          <Input style={{ width: 240 }} />
        </Form.Item>
        <Form.Item name="qos" label="QoS">
          <Select options={[0, 1, 2].map((value) => ({ value, label: value }))} />
        </Form.Item>
        <Button htmlType="submit" disabled={!mayChange}>
          {t('subscribe')}
        </Button>
      </Form>
      <ListTable<Row>
        queryKey={['client-subscriptions', clientId]}
        load={load}
        rowKey={({ topic }) => topic}
        empty={t('noSubscriptions')}
        columns={[
          { title: t('filter'), dataIndex: 'topic' },
          { title: 'QoS', dataIndex: 'qos' },
          { title: 'No local', dataIndex: 'nl', render: (nl: number) => t(nl ? 'yes' : 'no') },
          {
            title: 'Retain as published',
            dataIndex: 'rap',
            render: (rap: number) => t(rap ? 'yes' : 'no'),
          },
          { title: 'Retain handling', dataIndex: 'rh' },
          {
            title: '',
            align: 'right',
            render: (_, { topic }) => (
              <DangerButton
                size="small"
                label={t('unsubscribe')}
                question={t('unsubscribeAsk', { name: clientId, filter: topic })}
                run={() => unsubscribe(topic)}
                done={t('unsubscribed')}
                stale={stale}
              />
            ),
          },
        ]}
      />
    </Panel>
  )
}
