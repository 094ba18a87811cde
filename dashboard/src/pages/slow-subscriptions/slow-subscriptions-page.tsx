import type {
  clearSlowSubscriptions,
  getSlowSettings,
  listSlowSubscriptions,
  putSlowSettings,
} from '#management/contract/watch.ts'
import { SettingOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import {
  Alert,
  Button,
  Form,
  Input,
  InputNumber,
  Select,
  Switch,
  type TableColumnsType,
} from 'antd'
import { useState } from 'react'
import { type Answer, call } from '../../api/call.ts'
import { ClientLink } from '../../components/client-link.tsx'
import { DangerButton } from '../../components/danger-button.tsx'
import { FormDrawer } from '../../components/form-drawer.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { ServerTable } from '../../components/server-table.tsx'
import { showMs, showTime } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

type Row = Answer<typeof listSlowSubscriptions>['data'][number]
type Settings = Answer<typeof getSlowSettings>
const STALE = ['slow-subscriptions']
const REFRESH_MS = 5_000
const KINDS = ['whole', 'internal', 'response'] as const

/** Subscribers to which messages take long. */
export default function SlowSubscriptionsPage() {
  const t = useTexts(TEXTS)
  const [isEditing, setEditing] = useState(false)
  const { data: settings } = useQuery({
    queryKey: ['slow-subscriptions', 'settings'],
    queryFn: ({ signal }) =>
      call<typeof getSlowSettings>('GET', '/slow_subscriptions/settings', { signal }),
  })
  return (
    <>
      <PageTitle title={t('title')} about={t('about')}>
        <DangerButton
          label={t('clear')}
          question={t('clearAsk')}
          run={() => call<typeof clearSlowSubscriptions>('DELETE', '/slow_subscriptions', {})}
          done={t('cleared')}
          stale={STALE}
        />
        <Button
          icon={<SettingOutlined />}
          disabled={settings === undefined}
          onClick={() => setEditing(true)}
        >
          {t('settings')}
        </Button>
      </PageTitle>
      {settings?.enable === false && (
        <Alert type="info" showIcon title={t('off')} style={{ marginBottom: 12 }} />
      )}
      <ServerTable<Row>
        queryKey={STALE}
        load={async ({ page, limit }, signal) =>
          call<typeof listSlowSubscriptions>('GET', '/slow_subscriptions', {
            signal,
            query: { page, limit },
          })
        }
        columns={useColumns()}
        rowKey={({ clientid, topic }) => `${clientid}\0${topic}`}
        empty={t('none', { threshold: settings?.threshold ?? '' })}
        refreshMs={REFRESH_MS}
      />
      {isEditing && settings !== undefined && (
        <SettingsForm settings={settings} close={() => setEditing(false)} />
      )}
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
    { title: t('topic'), dataIndex: 'topic' },
    {
      title: t('time'),
      dataIndex: 'timespan',
      align: 'right',
      className: 'number',
      render: (ms: number) => showMs(ms),
    },
    { title: t('last'), dataIndex: 'last_update_time', render: (at: number) => showTime(at) },
    { title: t('node'), dataIndex: 'node' },
  ]
}

function SettingsForm({ settings, close }: { settings: Settings; close: () => void }) {
  const t = useTexts(TEXTS)
  const save = async (body: Settings): Promise<unknown> =>
    call<typeof putSlowSettings>('PUT', '/slow_subscriptions/settings', { body })
  return (
    <FormDrawer
      title={t('settings')}
      initial={settings}
      toBody={(fields: Settings) => fields}
      save={save}
      done={t('saved')}
      stale={STALE}
      close={close}
    >
      <Form.Item name="enable" label={t('enable')} valuePropName="checked">
        <Switch />
      </Form.Item>
      <Form.Item name="threshold" label={t('threshold')} extra={t('thresholdHint')}>
        <Input />
      </Form.Item>
      <Form.Item name="expire_interval" label={t('expire')} extra={t('expireHint')}>
        <Input />
      </Form.Item>
      <Form.Item name="top_k_num" label={t('top')}>
        <InputNumber min={1} max={1000} style={{ width: '100%' }} />
      </Form.Item>
      <Form.Item name="stats_type" label={t('measured')}>
        <Select options={KINDS.map((value) => ({ value, label: t(value) }))} />
      </Form.Item>
    </FormDrawer>
  )
}
