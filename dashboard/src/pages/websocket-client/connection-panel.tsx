import { Alert, App, Badge, Button, Card, Col, Flex, Row, Typography } from 'antd'
import { useTexts } from '../../i18n/i18n.ts'
import type { ConnectionSettings } from './connection-settings.ts'
import { connectionOf, useConnection } from './connections.ts'
import { MessagesCard } from './messages-card.tsx'
import { PublishCard } from './publish-card.tsx'
import { SubscriptionsCard } from './subscriptions-card.tsx'
import { TEXTS } from './texts.ts'

interface Props {
  readonly settings: ConnectionSettings
  readonly edit: () => void
  readonly remove: () => void
}

const COLOURS = { offline: 'default', connecting: 'processing', online: 'success' } as const

/** One connection: its state, what it is subscribed to, and its messages. */
export function ConnectionPanel({ settings, edit, remove }: Props) {
  const t = useTexts(TEXTS)
  const { modal } = App.useApp()
  const connection = connectionOf(settings.id)
  const view = useConnection(settings.id)
  const isV5 = settings.protocolVersion === 5
  const isOffline = view.status === 'offline'
  const ask = (): void => {
    void modal.confirm({
      title: t('removeAsk', { name: settings.name }),
      okText: t('remove'),
      cancelText: t('cancel'),
      okButtonProps: { danger: true },
      onOk: remove,
    })
  }
  return (
    <Flex vertical gap={16}>
      <Card size="small">
        <Flex justify="space-between" align="center" wrap gap={8}>
          <div>
            <Badge status={COLOURS[view.status]} text={t(view.status)} />{' '}
            <Typography.Text type="secondary">
              {settings.url} · {settings.clientId}
            </Typography.Text>
          </div>
          <Flex gap={8}>
            {isOffline ? (
              <Button type="primary" onClick={() => connection.connect(settings)}>
                {t('connect')}
              </Button>
            ) : (
              <Button onClick={() => connection.disconnect()}>{t('disconnect')}</Button>
            )}
            <Button onClick={edit}>{t('edit')}</Button>
            <Button danger onClick={ask}>
              {t('remove')}
            </Button>
          </Flex>
        </Flex>
        {view.problem !== undefined && (
          <Alert type="error" showIcon title={view.problem} style={{ marginTop: 12 }} />
        )}
      </Card>
      <Row gutter={[16, 16]}>
        <Col xs={24} xl={10}>
          <Flex vertical gap={16}>
            <SubscriptionsCard connection={connection} view={view} isV5={isV5} />
            <PublishCard connection={connection} view={view} isV5={isV5} />
          </Flex>
        </Col>
        <Col xs={24} xl={14}>
          <MessagesCard connection={connection} view={view} />
        </Col>
      </Row>
    </Flex>
  )
}
