import type { getRetained } from '#management/contract/retainer.ts'
import type { listSubscriptions } from '#management/contract/subscriptions.ts'
import type { createTopicMetrics, listTopicMetrics } from '#management/contract/watch.ts'
import { useQuery } from '@tanstack/react-query'
import { Button, Descriptions, Flex, type TableColumnsType, Tag, Typography } from 'antd'
import { type Answer, call } from '../../api/call.ts'
import { ClientLink } from '../../components/client-link.tsx'
import { useMayChange } from '../../api/session.ts'
import { Failure } from '../../components/failure.tsx'
import { Panel } from '../../components/panel.tsx'
import { PayloadView } from '../../components/payload-view.tsx'
import { ServerTable } from '../../components/server-table.tsx'
import { useAction } from '../../components/use-action.ts'
import { Waiting } from '../../components/waiting.tsx'
import { showCount, showTime } from '../../format/numbers.ts'
import { fromBase64 } from '../../../../src/kernel/payload-format.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'
import type { Level } from './use-levels.ts'

type Subscriber = Answer<typeof listSubscriptions>['data'][number]

const REFRESH_MS = 3_000

/** What is known of one topic or filter. */
export function TopicDetails({ level }: { level: Level }) {
  const t = useTexts(TEXTS)
  const { topic, filters, topics, retained } = level
  const isFilter = topic.split('/').some((part) => part === '+' || part === '#')
  return (
    <Flex vertical gap={16} style={{ minWidth: 0 }}>
      <Panel
        title={
          <Typography.Text copyable style={{ wordBreak: 'break-all' }}>
            {topic}
          </Typography.Text>
        }
      >
        <Descriptions
          size="small"
          column={1}
          items={[
            { key: 'topics', label: t('topicsLong'), children: showCount(topics) },
            { key: 'filters', label: t('filtersLong'), children: showCount(filters) },
          ]}
        />
      </Panel>
      {!isFilter && <Counts topic={topic} />}
      {retained && <Retained topic={topic} />}
      <Panel title={isFilter ? t('subscribersOfFilter') : t('subscribers')}>
        <Subscribers topic={topic} isFilter={isFilter} />
      </Panel>
    </Flex>
  )
}

/** Messages of the topic, if they are counted. */
function Counts({ topic }: { topic: string }) {
  const t = useTexts(TEXTS)
  const { run, isBusy } = useAction()
  const mayChange = useMayChange()
  const { data: all, error } = useQuery({
    queryKey: ['topic-metrics'],
    queryFn: ({ signal }) =>
      call<typeof listTopicMetrics>('GET', '/mqtt/topic_metrics', { signal }),
    refetchInterval: REFRESH_MS,
  })
  const data = all?.find((counts) => counts.topic === topic)
  const start = async (): Promise<unknown> =>
    run(() => call<typeof createTopicMetrics>('POST', '/mqtt/topic_metrics', { body: { topic } }), {
      done: t('counted'),
      stale: ['topic-metrics'],
    })
  const number = (name: string): string => showCount(data?.metrics[name] ?? 0)
  return (
    <Panel title={t('messages')}>
      {all !== undefined && data === undefined && (
        <Button disabled={!mayChange} loading={isBusy} onClick={() => void start()}>
          {t('count')}
        </Button>
      )}
      {error !== null && <Failure error={error} />}
      {data !== undefined && (
        <Descriptions
          size="small"
          column={1}
          items={[
            {
              key: 'in',
              label: t('in'),
              children: `${number('message.in.count')} · ${number('message.in.rate')}/s`,
            },
            {
              key: 'out',
              label: t('out'),
              children: `${number('message.out.count')} · ${number('message.out.rate')}/s`,
            },
            { key: 'since', label: t('since'), children: showTime(data.create_time) },
          ]}
        />
      )}
    </Panel>
  )
}

function Retained({ topic }: { topic: string }) {
  const t = useTexts(TEXTS)
  const { data, error, refetch } = useQuery({
    queryKey: ['retained-message', topic],
    queryFn: ({ signal }) =>
      call<typeof getRetained>('GET', '/mqtt/retainer/message/{topic}', {
        params: { topic },
        signal,
      }),
  })
  return (
    <Panel title={t('retained')}>
      {error !== null && <Failure error={error} retry={() => void refetch()} />}
      {data === undefined && error === null && <Waiting />}
      {data !== undefined && <PayloadView bytes={fromBase64(data.payload)} />}
    </Panel>
  )
}

function Subscribers({ topic, isFilter }: { topic: string; isFilter: boolean }) {
  const t = useTexts(TEXTS)
  const columns: TableColumnsType<Subscriber> = [
    {
      title: t('client'),
      dataIndex: 'clientid',
      render: (id: string) => <ClientLink id={id} />,
    },
    { title: t('filter'), dataIndex: 'topic' },
    { title: 'QoS', dataIndex: 'qos', render: (qos: number) => <Tag>{qos}</Tag> },
  ]
  return (
    <ServerTable<Subscriber>
      queryKey={['subscriptions', topic]}
      load={async ({ page, limit }, signal) =>
        call<typeof listSubscriptions>('GET', '/subscriptions', {
          signal,
          query: { page, limit, ...(isFilter ? { topic } : { match_topic: topic }) },
        })
      }
      columns={columns}
      rowKey={({ clientid, topic: filter }) => `${clientid}\0${filter}`}
      empty={t('nobody')}
    />
  )
}
