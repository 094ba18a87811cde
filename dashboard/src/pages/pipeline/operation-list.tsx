import { DeleteOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Flex, Form, Input } from 'antd'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

/** What a transformation sets, in order. */
export function OperationList() {
  const t = useTexts(TEXTS)
  const required = { required: true }
  return (
    <Form.Item label={t('changes')}>
      <Form.List name="operations">
        {(fields, { add, remove }) => (
          <Flex vertical gap={8}>
            {fields.map(({ key, name }) => (
              <Flex key={key} gap={8}>
                <Form.Item name={[name, 'key']} rules={[required]} style={ROW}>
                  <Input aria-label={t('changeKey', { number: name + 1 })} placeholder={t('key')} />
                </Form.Item>
                <Form.Item name={[name, 'value']} rules={[required]} style={ROW}>
                  <Input
                    aria-label={t('changeValue', { number: name + 1 })}
                    placeholder={t('expression')}
                  />
                </Form.Item>
                <Button
                  icon={<DeleteOutlined />}
                  aria-label={t('removeItem', { number: name + 1 })}
                  onClick={() => remove(name)}
                />
              </Flex>
            ))}
            <div>
              <Button icon={<PlusOutlined />} onClick={() => add({ key: '', value: '' })}>
                {t('addChange')}
              </Button>
            </div>
          </Flex>
        )}
      </Form.List>
    </Form.Item>
  )
}

const ROW = { flex: 1, marginBottom: 0, minWidth: 0 } as const
