import type {
  clearAuthorizationCache,
  getAuthorizationSettings,
  putAuthorizationSettings,
} from '#management/contract/authorization.ts'
import { useQuery } from '@tanstack/react-query'
import { Button, Flex, Form, Input, InputNumber, Select, Switch } from 'antd'
import { type Answer, call } from '../../api/call.ts'
import { useMayChange } from '../../api/session.ts'
import { Failure } from '../../components/failure.tsx'
import { useAction } from '../../components/use-action.ts'
import { Waiting } from '../../components/waiting.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

type Settings = Answer<typeof getAuthorizationSettings>

const PATH = '/authorization/settings'
const STALE = ['authorization-settings']

/** What holds for all sources. */
export function SettingsForm() {
  const t = useTexts(TEXTS)
  const { run, isBusy } = useAction()
  const mayChange = useMayChange()
  const { data, error, refetch } = useQuery({
    queryKey: STALE,
    queryFn: ({ signal }) => call<typeof getAuthorizationSettings>('GET', PATH, { signal }),
  })
  if (error !== null) return <Failure error={error} retry={() => void refetch()} />
  if (data === undefined) return <Waiting />
  const save = async (body: Settings): Promise<unknown> =>
    run(() => call<typeof putAuthorizationSettings>('PUT', PATH, { body }), {
      done: t('saved'),
      stale: STALE,
    })
  const forget = async (): Promise<unknown> =>
    run(() => call<typeof clearAuthorizationCache>('DELETE', '/authorization/cache', {}), {
      done: t('forgotten'),
    })
  const words = (values: readonly ('allow' | 'deny')[]) =>
    values.map((value) => ({ value, label: t(value) }))
  return (
    <Form<Settings>
      layout="vertical"
      style={{ maxWidth: 480 }}
      initialValues={data}
      disabled={!mayChange}
      onFinish={(fields) => void save(fields)}
    >
      <Form.Item name="no_match" label={t('no_match')}>
        <Select options={words(['allow', 'deny'])} />
      </Form.Item>
      <Form.Item name="deny_action" label={t('deny_action')}>
        <Select
          options={[
            { value: 'ignore', label: t('refuse') },
            { value: 'disconnect', label: t('disconnect') },
          ]}
        />
      </Form.Item>
      <Form.Item name={['cache', 'enable']} label={t('cache')} valuePropName="checked">
        <Switch />
      </Form.Item>
      <Form.Item name={['cache', 'max_size']} label={t('max_size')}>
        <InputNumber min={1} style={{ width: '100%' }} />
      </Form.Item>
      <Form.Item name={['cache', 'ttl']} label={t('ttl')}>
        <Input />
      </Form.Item>
      <Flex gap={8}>
        <Button type="primary" htmlType="submit" loading={isBusy}>
          {t('save')}
        </Button>
        <Button onClick={() => void forget()}>{t('forget')}</Button>
      </Flex>
    </Form>
  )
}
