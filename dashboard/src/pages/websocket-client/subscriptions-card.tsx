import { DeleteOutlined } from '@ant-design/icons'
import { App, Button, Card, Flex, Form, Input, Select, Switch, Tag, Typography } from 'antd'
import { Nothing } from '../../components/nothing.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import type { Connection, ConnectionView, ShownSubscription } from './connection.ts'
import { TEXTS } from './texts.ts'

interface Props {
  readonly connection: Connection
  readonly view: ConnectionView
  readonly isV5: boolean
}

const ZERO_TO_TWO = [0, 1, 2].map((value) => ({ value, label: value }))

/** What a connection is subscribed to, and a form for more. */
export function SubscriptionsCard({ connection, view, isV5 }: Props) {
  const t = useTexts(TEXTS)
  const { message } = App.useApp()
  const run = (work: Promise<void>): void => {
    work.catch((error: Error) => message.error(error.message))
  }
  return (
    <Card size="small" title={t('subscriptions')}>
      <Form<ShownSubscription>
        layout="inline"
        initialValues={{
          filter: 'testtopic/#',
          qos: 0,
          noLocal: false,
          retainAsPublished: false,
          retainHandling: 0,
        }}
        onFinish={(wanted) => run(connection.subscribe({ ...DEFAULTS, ...wanted }))}
        style={{ rowGap: 8, marginBottom: 12 }}
      >
        <Form.Item name="filter" label={t('filter')} rules={[{ required: true }]}>
          <Input style={{ width: 220 }} />
        </Form.Item>
        <Form.Item name="qos" label="QoS">
          <Select options={ZERO_TO_TWO} style={{ width: 64 }} />
        </Form.Item>
        {isV5 && (
          <>
            <Form.Item name="noLocal" label={t('noLocal')} valuePropName="checked">
              <Switch size="small" />
            </Form.Item>
            <Form.Item
              name="retainAsPublished"
              label={t('retainAsPublished')}
              valuePropName="checked"
            >
              <Switch size="small" />
            </Form.Item>
            <Form.Item name="retainHandling" label={t('retainHandling')}>
              <Select options={ZERO_TO_TWO} style={{ width: 64 }} />
            </Form.Item>
          </>
        )}
        <Button htmlType="submit" disabled={view.status !== 'online'}>
          {t('subscribe')}
        </Button>
      </Form>
      {view.subscriptions.length === 0 ? (
        <Nothing text={t('noSubscriptions')} />
      ) : (
        view.subscriptions.map(({ filter, qos }) => (
          <Flex key={filter} justify="space-between" align="center">
            <Typography.Text code>{filter}</Typography.Text>
            <span>
              <Tag>QoS {qos}</Tag>
              <Button
                type="text"
                icon={<DeleteOutlined />}
                aria-label={`${t('unsubscribe')} ${filter}`}
                onClick={() => run(connection.unsubscribe(filter))}
              />
            </span>
          </Flex>
        ))
      )}
    </Card>
  )
}

const DEFAULTS = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
