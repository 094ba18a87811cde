import { PlusOutlined } from '@ant-design/icons'
import { Button, Card, Flex, Form } from 'antd'
import type { ReactNode } from 'react'
import { useTexts } from '../../../i18n/i18n.ts'
import { TEXTS } from '../texts.ts'
import { type FormSchema, initialOf, itemsOf } from './form-schema.ts'

type Path = readonly (string | number)[]

interface Props {
  readonly name: string
  readonly schema: FormSchema
  readonly full: Path
  readonly at: Path
  readonly children: (item: FormSchema, place: { full: Path; at: Path }) => ReactNode
}

/** Groups in an order, which are added and taken away. */
export function GroupList({ name, schema, full, at, children }: Props) {
  const t = useTexts(TEXTS)
  const item = itemsOf(schema) ?? {}
  return (
    <Form.List name={[...at]}>
      {(fields, { add, remove }) => (
        <Flex vertical gap={12}>
          {fields.map((field, index) => (
            <Card
              key={field.key}
              size="small"
              title={index + 1}
              extra={
                <Button
                  size="small"
                  aria-label={t('removeItem', { name, number: index + 1 })}
                  onClick={() => remove(field.name)}
                >
                  {t('removeOne')}
                </Button>
              }
            >
              {children(item, { full: [...full, field.name], at: [field.name] })}
            </Card>
          ))}
          <div>
            <Button icon={<PlusOutlined />} onClick={() => add(initialOf(item, {}))}>
              {t('addItem', { name })}
            </Button>
          </div>
        </Flex>
      )}
    </Form.List>
  )
}
