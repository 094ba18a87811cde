import { Button, Drawer, Form, Input, InputNumber, Select, Switch } from 'antd'
import { useTexts } from '../../i18n/i18n.ts'
import type { ConnectionSettings } from './connection-settings.ts'
import { TEXTS } from './texts.ts'
import { fromRows, type PropertyRow, toRows, UserProperties } from './user-properties.tsx'

interface Props {
  readonly settings: ConnectionSettings
  readonly save: (settings: ConnectionSettings) => void
  readonly close: () => void
}

type Fields = Omit<ConnectionSettings, 'userProperties'> & { properties: PropertyRow[] }

const VERSIONS = [
  { value: 5, label: '5.0' },
  { value: 4, label: '3.1.1' },
  { value: 3, label: '3.1' },
]
const SECONDS_MAX = 0xffffffff

/** The settings of one connection. */
export function SettingsDrawer({ settings, save, close }: Props) {
  const t = useTexts(TEXTS)
  const [form] = Form.useForm<Fields>()
  const isV5 = Form.useWatch('protocolVersion', form) === 5
  const { userProperties, ...rest } = settings
  return (
    <Drawer
      open
      onClose={close}
      title={t('edit')}
      size="min(520px, 100vw)"
      extra={
        <Button type="primary" onClick={() => form.submit()}>
          {t('save')}
        </Button>
      }
    >
      <Form<Fields>
        form={form}
        layout="vertical"
        initialValues={{ ...rest, properties: toRows(userProperties) }}
        onFinish={({ properties, ...fields }) =>
          save({ ...settings, ...fields, userProperties: fromRows(properties) })
        }
      >
        <Form.Item name="name" label={t('name')} rules={[{ required: true }]}>
          <Input />
        </Form.Item>
        <Form.Item
          name="url"
          label={t('url')}
          rules={[{ required: true }, { pattern: /^wss?:\/\// }]}
        >
          <Input placeholder="ws://127.0.0.1:8083/mqtt" />
        </Form.Item>
        <Form.Item name="clientId" label={t('clientId')}>
          <Input />
        </Form.Item>
        <Form.Item name="username" label={t('username')}>
          <Input autoComplete="off" />
        </Form.Item>
        <Form.Item name="password" label={t('password')}>
          <Input.Password autoComplete="off" />
        </Form.Item>
        <Form.Item name="protocolVersion" label={t('version')}>
          <Select options={VERSIONS} />
        </Form.Item>
        <Form.Item name="clean" label={t('clean')} valuePropName="checked">
          <Switch />
        </Form.Item>
        <Form.Item name="keepAliveSeconds" label={t('keepAlive')}>
          <InputNumber min={0} max={65_535} />
        </Form.Item>
        {isV5 && <V5Fields />}
        <WillFields isV5={isV5} />
      </Form>
    </Drawer>
  )
}

function V5Fields() {
  const t = useTexts(TEXTS)
  return (
    <>
      <Form.Item name="sessionExpirySeconds" label={t('sessionExpiry')}>
        <InputNumber min={0} max={SECONDS_MAX} style={{ width: 160 }} />
      </Form.Item>
      <Form.Item name="receiveMaximum" label={t('receiveMaximum')}>
        <InputNumber min={1} max={65_535} />
      </Form.Item>
      <Form.Item name="topicAliasMaximum" label={t('topicAliasMaximum')}>
        <InputNumber min={0} max={65_535} />
      </Form.Item>
      <UserProperties name="properties" />
    </>
  )
}

function WillFields({ isV5 }: { isV5: boolean }) {
  const t = useTexts(TEXTS)
  return (
    <fieldset style={{ border: 'none', padding: 0, margin: 0 }}>
      <legend style={{ fontWeight: 600, marginBottom: 12 }}>{t('will')}</legend>
      <Form.Item name={['will', 'topic']} label={t('willTopic')}>
        <Input />
      </Form.Item>
      <Form.Item name={['will', 'payload']} label={t('willPayload')} initialValue="">
        <Input.TextArea autoSize={{ minRows: 2, maxRows: 6 }} />
      </Form.Item>
      <Form.Item name={['will', 'qos']} label="QoS" initialValue={0}>
        <Select options={[0, 1, 2].map((value) => ({ value, label: value }))} />
      </Form.Item>
      <Form.Item
        name={['will', 'retain']}
        label={t('retain')}
        valuePropName="checked"
        initialValue={false}
      >
        <Switch />
      </Form.Item>
      {isV5 && (
        <Form.Item name={['will', 'delaySeconds']} label={t('willDelay')} initialValue={0}>
          <InputNumber min={0} max={SECONDS_MAX} style={{ width: 160 }} />
        </Form.Item>
      )}
    </fieldset>
  )
}
