import { Button, Card, Flex, List, Segmented, Tag, Typography } from 'antd'
import { memo, useState } from 'react'
import { Nothing } from '../../components/nothing.tsx'
import { PayloadView } from '../../components/payload-view.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import type { Connection, ConnectionView, ShownMessage } from './connection.ts'
import { TEXTS } from './texts.ts'

const DIRECTIONS = ['all', 'received', 'published'] as const
type Direction = (typeof DIRECTIONS)[number]
const PAGE_SIZE = 20

/** What came and went, the newest first. */
export function MessagesCard({
  connection,
  view,
}: {
  connection: Connection
  view: ConnectionView
}) {
  const t = useTexts(TEXTS)
  const [direction, setDirection] = useState<Direction>('all')
  const shown = view.messages
    .filter(({ isOwn }) => direction === 'all' || isOwn === (direction === 'published'))
    .toReversed()
  return (
    <Card
      size="small"
      title={t('messages')}
      extra={
        <Flex gap={8}>
          <Segmented<Direction>
            size="small"
            value={direction}
            onChange={setDirection}
            options={DIRECTIONS.map((value) => ({ value, label: t(value) }))}
          />
          <Button size="small" onClick={() => connection.clearMessages()}>
            {t('clear')}
          </Button>
        </Flex>
      }
    >
      {shown.length === 0 ? (
        <Nothing text={t('noMessages')} />
      ) : (
        <List
          dataSource={shown}
          rowKey="number"
          pagination={{ pageSize: PAGE_SIZE, size: 'small', hideOnSinglePage: true }}
          renderItem={(message) => <MessageItem message={message} />}
        />
      )}
      {view.forgotten > 0 && (
        <Typography.Text type="secondary">
          {t('forgotten', { count: view.forgotten })}
        </Typography.Text>
      )}
    </Card>
  )
}

const MessageItem = memo(({ message }: { message: ShownMessage }) => {
  const t = useTexts(TEXTS)
  const { isOwn, topic, qos, retain, payload, properties, atMs } = message
  const shownProperties = Object.entries(properties).filter(([, value]) => value !== undefined)
  return (
    <List.Item>
      <div style={{ width: '100%' }}>
        <Flex gap={4} wrap align="center" style={{ marginBottom: 6 }}>
          <Tag variant="solid" color={isOwn ? '#0b6e8f' : '#2e7d32'}>
            {t(isOwn ? 'published' : 'received')}
          </Tag>
          <Typography.Text strong copyable>
            {topic}
          </Typography.Text>
          <Tag>QoS {qos}</Tag>
          {retain && (
            <Tag variant="solid" color="#9a4f00">
              {t('retain')}
            </Tag>
          )}
          <Typography.Text type="secondary">{new Date(atMs).toLocaleTimeString()}</Typography.Text>
        </Flex>
        {shownProperties.map(([name, value]) => (
          <Tag key={name}>
            {name}: {showProperty(value)}
          </Tag>
        ))}
        <PayloadView bytes={payload} />
      </div>
    </List.Item>
  )
})

function showProperty(value: unknown): string {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value)
  return typeof value === 'string' ? value : JSON.stringify(value)
}
