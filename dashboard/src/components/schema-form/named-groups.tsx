import { DeleteOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Card, Flex, Form, Input } from 'antd'
import { useTexts } from '../../i18n/i18n.ts'
import { initialOf, namedOf, type NamedGroup } from './form-schema.ts'
import type { GroupsProps } from './group-list.tsx'
import { TEXTS } from './texts.ts'

/** Groups under names that people choose: added, named otherwise, taken away. */
export function NamedGroups({ name, schema, full, at, children }: GroupsProps) {
  const t = useTexts(TEXTS)
  const form = Form.useFormInstance()
  const item = namedOf(schema)
  const isTaken = (wanted: string): boolean => {
    const all = (form.getFieldValue([...full]) ?? []) as readonly NamedGroup[]
    return all.filter(([other]) => other === wanted).length > 1
  }
  const rules = [
    { required: true, message: t('required') },
    {
      validator: async (_: unknown, wanted: string) => {
        if (isTaken(wanted)) throw new Error(t('taken'))
      },
    },
  ]
  return (
    <Form.List name={[...at]}>
      {(fields, { add, remove }) => (
        <Flex vertical gap={12}>
          {fields.map((field, index) => (
            <Card
              key={field.key}
              size="small"
              title={
                <Form.Item name={[field.name, 0]} rules={rules} style={NAME}>
                  <Input
                    aria-label={t('rowName', { name, number: index + 1 })}
                    placeholder={t('name')}
                  />
                </Form.Item>
              }
              extra={
                <Button
                  icon={<DeleteOutlined />}
                  aria-label={t('removeItem', { name, number: index + 1 })}
                  onClick={() => remove(field.name)}
                />
              }
            >
              {children(item, { full: [...full, field.name, 1], at: [field.name, 1] })}
            </Card>
          ))}
          <div>
            <Button icon={<PlusOutlined />} onClick={() => add(['', initialOf(item, {})])}>
              {t('addItem', { name })}
            </Button>
          </div>
        </Flex>
      )}
    </Form.List>
  )
}

const NAME = { margin: '8px 8px 8px 0', maxWidth: 320 } as const
