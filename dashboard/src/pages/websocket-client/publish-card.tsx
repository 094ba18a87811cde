import { App, Button, Card, Checkbox, Collapse, Flex, Form, Input, InputNumber, Select } from 'antd'
import type { IClientPublishOptions } from 'mqtt'
import { type PayloadFormat, readPayload } from '../../../../src/kernel/payload-format.ts'
import { useTexts } from '../../i18n/i18n.ts'
import type { Connection, ConnectionView } from './connection.ts'
import { TEXTS } from './texts.ts'
import { fromRows, type PropertyRow, UserProperties } from './user-properties.tsx'

interface Props {
  readonly connection: Connection
  readonly view: ConnectionView
  readonly isV5: boolean
}

interface Fields {
  readonly topic: string
  readonly payload?: string
  readonly format: PayloadFormat
  readonly qos: 0 | 1 | 2
  readonly retain?: boolean
  readonly contentType?: string
  readonly responseTopic?: string
  readonly correlationData?: string
  readonly messageExpiryInterval?: number
  readonly topicAlias?: number
  readonly isText?: boolean
  readonly properties?: PropertyRow[]
}

const FORMATS = ['text', 'json', 'hex', 'base64'].map((value) => ({ value, label: value }))

/** Publishes messages with everything that MQTT 5 knows. */
export function PublishCard({ connection, view, isV5 }: Props) {
  const t = useTexts(TEXTS)
  const { message } = App.useApp()
  async function publish(fields: Fields): Promise<void> {
    try {
      const payload = readPayload(fields.payload ?? '', fields.format)
      await connection.publish(fields.topic, payload, publishOptions(fields, isV5))
    } catch (error) {
      void message.error((error as Error).message)
    }
  }
  return (
    <Card size="small" title={t('publish')}>
      <Form<Fields>
        layout="vertical"
        initialValues={{
          topic: 'testtopic/1',
          payload: '{ "msg": "hello" }',
          format: 'json',
          qos: 0,
        }}
        onFinish={(fields) => void publish(fields)}
      >
        <Form.Item name="topic" label={t('topic')} rules={[{ required: true }]}>
          <Input />
        </Form.Item>
        <Form.Item name="payload" label={t('payload')}>
          <Input.TextArea autoSize={{ minRows: 3, maxRows: 12 }} />
        </Form.Item>
        <Flex gap={12} wrap>
          <Form.Item name="format" label={t('format')}>
            <Select options={FORMATS} style={{ width: 110 }} />
          </Form.Item>
          <Form.Item name="qos" label="QoS">
            <Select options={[0, 1, 2].map((value) => ({ value, label: value }))} />
          </Form.Item>
          <Form.Item name="retain" label={t('retain')} valuePropName="checked">
            <Checkbox />
          </Form.Item>
        </Flex>
        {isV5 && (
          <Collapse
            size="small"
            items={[
              { key: 'v5', label: t('properties'), children: <Properties />, forceRender: true },
            ]}
            style={{ marginBottom: 12 }}
          />
        )}
        <Button type="primary" htmlType="submit" disabled={view.status !== 'online'}>
          {t('publish')}
        </Button>
      </Form>
    </Card>
  )
}

function Properties() {
  const t = useTexts(TEXTS)
  return (
    <>
      <Form.Item name="contentType" label={t('contentType')}>
        <Input />
      </Form.Item>
      <Form.Item name="responseTopic" label={t('responseTopic')}>
        <Input />
      </Form.Item>
      <Form.Item name="correlationData" label={t('correlationData')}>
        <Input />
      </Form.Item>
      <Flex gap={12} wrap>
        <Form.Item name="messageExpiryInterval" label={t('messageExpiry')}>
          <InputNumber min={0} max={0xffffffff} style={{ width: 140 }} />
        </Form.Item>
        <Form.Item name="topicAlias" label={t('topicAlias')}>
          <InputNumber min={1} max={65_535} />
        </Form.Item>
        <Form.Item name="isText" label={t('payloadFormat')} valuePropName="checked">
          <Checkbox />
        </Form.Item>
      </Flex>
      <UserProperties name="properties" />
    </>
  )
}

function publishOptions(fields: Fields, isV5: boolean): IClientPublishOptions {
  const { qos, retain = false } = fields
  if (!isV5) return { qos, retain }
  const { contentType, responseTopic, correlationData, messageExpiryInterval, topicAlias } = fields
  const userProperties = fromRows(fields.properties)
  return {
    qos,
    retain,
    properties: {
      ...(contentType ? { contentType } : {}),
      ...(responseTopic ? { responseTopic } : {}),
      ...(correlationData
        ? { correlationData: new TextEncoder().encode(correlationData) as Buffer }
        : {}),
      ...(messageExpiryInterval === undefined ? {} : { messageExpiryInterval }),
      ...(topicAlias === undefined ? {} : { topicAlias }),
      ...(fields.isText === true ? { payloadFormatIndicator: true } : {}),
      ...(Object.keys(userProperties).length > 0 ? { userProperties } : {}),
    },
  }
}
