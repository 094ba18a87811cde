import type { createListener, getListener, updateListener } from '#management/contract/listeners.ts'
import { useQuery } from '@tanstack/react-query'
import { Drawer, Form, Input, Select, Switch } from 'antd'
import { call } from '../../api/call.ts'
import { Failure } from '../../components/failure.tsx'
import { FormDrawer } from '../../components/form-drawer.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

const TYPES = ['tcp', 'ssl', 'ws', 'wss'] as const
type Type = (typeof TYPES)[number]
const PORTS: Readonly<Record<Type, string>> = {
  tcp: '0.0.0.0:1883',
  ssl: '0.0.0.0:8883',
  ws: '0.0.0.0:8083',
  wss: '0.0.0.0:8084',
}
/** Keys that hold a text or a number, in the order of the form. */
const TEXT_KEYS = [
  'max_connections',
  'max_conn_rate',
  'messages_rate',
  'bytes_rate',
  'mountpoint',
  'zone',
]
const TLS_KEYS = ['certfile', 'keyfile', 'cacertfile'] as const

interface Fields {
  readonly type: Type
  readonly name: string
  readonly bind: string
  readonly enable: boolean
  readonly [key: string]: unknown
}

/** Makes a listener, or changes the one of an id. */
export function ListenerForm({ id, close }: { id?: string; close: () => void }) {
  const t = useTexts(TEXTS)
  const { data, error } = useQuery({
    queryKey: ['listener', id],
    enabled: id !== undefined,
    queryFn: ({ signal }) =>
      call<typeof getListener>('GET', '/listeners/{id}', { params: { id: id ?? '' }, signal }),
  })
  if (id === undefined) return <TheForm close={close} initial={{ type: 'tcp', enable: true }} />
  if (data !== undefined) return <TheForm close={close} id={id} initial={data} />
  return (
    <Drawer open onClose={close} size="large" title={t('edit', { id })}>
      {error === null ? <Waiting /> : <Failure error={error} />}
    </Drawer>
  )
}

interface Props {
  readonly id?: string
  readonly initial: Partial<Fields>
  readonly close: () => void
}

function TheForm({ id, initial, close }: Props) {
  const t = useTexts(TEXTS)
  const save = async (body: Fields): Promise<unknown> =>
    id === undefined
      ? call<typeof createListener>('POST', '/listeners', { body })
      : call<typeof updateListener>('PUT', '/listeners/{id}', { params: { id }, body })
  return (
    <FormDrawer
      title={id === undefined ? t('add') : t('edit', { id })}
      initial={initial}
      toBody={(fields: Fields) => bodyOf(fields, initial)}
      save={save}
      stale={['listeners', 'listener']}
      close={close}
    >
      {id === undefined && <NewNames />}
      <Form.Item name="bind" label={t('bind')} extra={t('bindHint')} rules={[{ required: true }]}>
        <Input placeholder={PORTS[initial.type ?? 'tcp']} />
      </Form.Item>
      <Form.Item name="enable" label={t('enable')} valuePropName="checked">
        <Switch />
      </Form.Item>
      {TEXT_KEYS.map((key) => (
        <Form.Item
          key={key}
          name={key}
          label={t(key as 'mountpoint')}
          extra={t(`${key as 'mountpoint'}Hint`)}
        >
          <Input />
        </Form.Item>
      ))}
      <Form.Item name="proxy_protocol" label={t('proxy_protocol')} valuePropName="checked">
        <Switch />
      </Form.Item>
      <TypeItems />
    </FormDrawer>
  )
}

/** What identifies a listener cannot be changed later. */
function NewNames() {
  const t = useTexts(TEXTS)
  return (
    <>
      <Form.Item name="type" label={t('type')}>
        <Select options={TYPES.map((value) => ({ value, label: t(value) }))} />
      </Form.Item>
      <Form.Item
        name="name"
        label={t('name')}
        rules={[
          { required: true },
          { pattern: /^[0-9A-Za-z][-_0-9A-Za-z]{0,254}$/, message: t('nameRule') },
        ]}
      >
        <Input />
      </Form.Item>
    </>
  )
}

/** What only some types have. */
function TypeItems() {
  const t = useTexts(TEXTS)
  const type: unknown = Form.useWatch('type', { preserve: true })
  return (
    <>
      {(type === 'ws' || type === 'wss') && (
        <Form.Item name={['websocket', 'mqtt_path']} label={t('mqtt_path')}>
          <Input placeholder="/mqtt" />
        </Form.Item>
      )}
      {(type === 'ssl' || type === 'wss') && (
        <>
          {TLS_KEYS.map((key) => (
            <Form.Item key={key} name={['ssl_options', key]} label={t(key)} extra={t(`${key}Hint`)}>
              <Input />
            </Form.Item>
          ))}
          <Form.Item name={['ssl_options', 'verify']} label={t('verify')}>
            <Select
              allowClear
              options={[
                { value: 'verify_none', label: t('verify_none') },
                { value: 'verify_peer', label: t('verify_peer') },
              ]}
            />
          </Form.Item>
        </>
      )}
    </>
  )
}

/** What the API takes: what was changed, and nothing that is empty and was so before. */
function bodyOf(fields: Fields, initial: Partial<Fields>): Fields {
  const { running: _running, current_connections: _connections, id: _id, ...rest } = fields
  return prune(rest, initial) as Fields
}

function prune(value: object, before: object): object {
  const entries = Object.entries(value).flatMap(([key, one]): [string, unknown][] => {
    const old: unknown = (before as Record<string, unknown>)[key]
    if (one === undefined || (one === '' && (old === undefined || old === ''))) return []
    if (typeof one === 'object' && one !== null && !Array.isArray(one)) {
      const inner = prune(one as object, old ?? {})
      return Object.keys(inner).length === 0 ? [] : [[key, inner]]
    }
    return [[key, one === '' ? null : one]]
  })
  return Object.fromEntries(entries)
}
