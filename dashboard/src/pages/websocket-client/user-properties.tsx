import { MinusCircleOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Form, Input, Space } from 'antd'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

/** A user property in a form. */
export interface PropertyRow {
  readonly key: string
  readonly value: string
}

/** User properties of MQTT 5 as rows of a form. */
export function UserProperties({ name }: { name: string }) {
  const t = useTexts(TEXTS)
  return (
    <Form.Item label={t('userProperties')}>
      <Form.List name={name}>
        {(rows, { add, remove }) => (
          <>
            {rows.map(({ key, name: row }) => (
              <Space key={key} align="baseline" style={{ display: 'flex' }}>
                <Form.Item name={[row, 'key']} rules={[{ required: true }]}>
                  <Input placeholder={t('key')} aria-label={t('key')} />
                </Form.Item>
                <Form.Item name={[row, 'value']}>
                  <Input placeholder={t('value')} aria-label={t('value')} />
                </Form.Item>
                <Button
                  type="text"
                  icon={<MinusCircleOutlined />}
                  aria-label={t('remove')}
                  onClick={() => remove(row)}
                />
              </Space>
            ))}
            <Button icon={<PlusOutlined />} onClick={() => add({ key: '', value: '' })}>
              {t('addProperty')}
            </Button>
          </>
        )}
      </Form.List>
    </Form.Item>
  )
}

export function toRows(properties: Readonly<Record<string, string>>): PropertyRow[] {
  return Object.entries(properties).map(([key, value]) => ({ key, value }))
}

export function fromRows(rows: readonly PropertyRow[] = []): Record<string, string> {
  return Object.fromEntries(rows.map(({ key, value }) => [key, value ?? '']))
}
