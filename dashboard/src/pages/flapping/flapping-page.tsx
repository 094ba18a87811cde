import type { getConfigRoot, putConfigRoot } from '#management/contract/configs.ts'
import { useQuery } from '@tanstack/react-query'
import { Button, Form, Input, InputNumber, Switch } from 'antd'
import { call } from '../../api/call.ts'
import { useMayChange } from '../../api/session.ts'
import { Failure } from '../../components/failure.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { useAction } from '../../components/use-action.ts'
import { Waiting } from '../../components/waiting.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

const PATH = '/configs/{root}'
const PARAMS = { root: 'flapping_detect' }
const STALE = ['flapping']

interface Fields {
  readonly enable: boolean
  readonly window_time: string
  readonly max_count: number
  readonly ban_time: string
}

/** When clients that come and go too often are banned. */
export default function FlappingPage() {
  const t = useTexts(TEXTS)
  const { run, isBusy } = useAction()
  const mayChange = useMayChange()
  const { data, error, refetch } = useQuery({
    queryKey: STALE,
    queryFn: ({ signal }) => call<typeof getConfigRoot>('GET', PATH, { params: PARAMS, signal }),
  })
  if (error !== null) return <Failure error={error} retry={() => void refetch()} />
  if (data === undefined) return <Waiting />
  const save = async (body: Fields): Promise<unknown> =>
    run(() => call<typeof putConfigRoot>('PUT', PATH, { params: PARAMS, body }), {
      done: t('saved'),
      stale: STALE,
    })
  return (
    <>
      <PageTitle title={t('title')} about={t('about')} />
      <Form<Fields>
        layout="vertical"
        style={{ maxWidth: 480 }}
        initialValues={data as Partial<Fields>}
        disabled={!mayChange}
        onFinish={(fields) => void save(fields)}
      >
        <Form.Item name="enable" label={t('enable')} valuePropName="checked">
          <Switch />
        </Form.Item>
        <Form.Item name="window_time" label={t('window_time')}>
          <Input />
        </Form.Item>
        <Form.Item name="max_count" label={t('max_count')}>
          <InputNumber min={1} style={{ width: '100%' }} />
        </Form.Item>
        <Form.Item name="ban_time" label={t('ban_time')}>
          <Input />
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={isBusy}>
          {t('save')}
        </Button>
      </Form>
    </>
  )
}
