import type {
  createTopicMetrics,
  deleteTopicMetrics,
  listTopicMetrics,
  resetTopicMetrics,
} from '#management/contract/watch.ts'
import { Button, Form, Input, type TableColumnsType } from 'antd'
import { type Answer, call } from '../../api/call.ts'
import { useMayChange } from '../../api/session.ts'
import { DangerButton } from '../../components/danger-button.tsx'
import { ListTable } from '../../components/list-table.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { useActionsColumn } from '../../components/row-actions.tsx'
import { useAction } from '../../components/use-action.ts'
import { showCount, showTime } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

type Row = Answer<typeof listTopicMetrics>[number]
const STALE = ['topic-metrics']
const REFRESH_MS = 3_000

/** Topics whose messages are counted. */
export default function TopicMetricsPage() {
  const t = useTexts(TEXTS)
  const { run, isBusy } = useAction()
  const mayChange = useMayChange()
  const [form] = Form.useForm<{ topic: string }>()
  async function add({ topic }: { topic: string }): Promise<void> {
    const isDone = await run(
      () => call<typeof createTopicMetrics>('POST', '/mqtt/topic_metrics', { body: { topic } }),
      { done: t('added'), stale: STALE },
    )
    if (isDone) form.resetFields()
  }
  return (
    <>
      <PageTitle title={t('title')} about={t('about')}>
        <DangerButton
          label={t('resetAll')}
          question={t('resetAllAsk')}
          consequence={t('resetLoses')}
          run={() => reset()}
          done={t('wasReset')}
          stale={STALE}
        />
      </PageTitle>
      <Form form={form} layout="inline" onFinish={(fields) => void add(fields)}>
        <Form.Item
          name="topic"
          label={t('topic')}
          rules={[{ required: true }]}
          style={{ marginBottom: 12 }}
        >
          <Input style={{ width: 'min(320px, 70vw)' }} placeholder={t('example')} />
        </Form.Item>
        <Button type="primary" htmlType="submit" disabled={!mayChange} loading={isBusy}>
          {t('add')}
        </Button>
      </Form>
      <ListTable<Row>
        queryKey={['topic-metrics']}
        load={(signal) => call<typeof listTopicMetrics>('GET', '/mqtt/topic_metrics', { signal })}
        columns={useColumns()}
        rowKey={({ topic }) => topic}
        empty={t('none')}
        refreshMs={REFRESH_MS}
      />
    </>
  )
}

function useColumns(): TableColumnsType<Row> {
  const t = useTexts(TEXTS)
  const number = (title: string, name: string) => ({
    title,
    align: 'right' as const,
    className: 'number',
    render: (_: unknown, { metrics }: Row) => showCount(metrics[name] ?? 0),
  })
  return [
    { title: t('topic'), dataIndex: 'topic' },
    number(t('in'), 'message.in.count'),
    number(t('inRate'), 'message.in.rate'),
    number(t('out'), 'message.out.count'),
    number(t('outRate'), 'message.out.rate'),
    number(t('dropped'), 'message.dropped.count'),
    {
      title: t('since'),
      render: (_, row) => showTime(row.reset_time ?? row.create_time),
    },
    useActionsColumn(({ topic }) => (
      <>
        <DangerButton
          size="small"
          label={t('reset')}
          question={t('resetAsk', { topic })}
          consequence={t('resetLoses')}
          run={() => reset(topic)}
          done={t('wasReset')}
          stale={STALE}
        />
        <DangerButton
          size="small"
          label={t('remove')}
          question={t('removeAsk', { topic })}
          consequence={t('resetLoses')}
          run={() => remove(topic)}
          done={t('removed')}
          stale={STALE}
        />
      </>
    )),
  ]
}

/** Of one topic, or of all. */
async function reset(topic?: string): Promise<unknown> {
  const body = { ...(topic !== undefined && { topic }), action: 'reset' as const }
  return call<typeof resetTopicMetrics>('PUT', '/mqtt/topic_metrics', { body })
}

async function remove(topic: string): Promise<unknown> {
  const params = { topic }
  return call<typeof deleteTopicMetrics>('DELETE', '/mqtt/topic_metrics/{topic}', { params })
}
