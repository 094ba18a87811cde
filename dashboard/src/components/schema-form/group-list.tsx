import { PlusOutlined } from '@ant-design/icons'
import { Button, Card, Flex, Form } from 'antd'
import type { ReactNode } from 'react'
import { useTexts } from '../../i18n/i18n.ts'
import { type FormSchema, initialOf, itemsOf } from './form-schema.ts'
import { RowButtons } from './row-buttons.tsx'
import { TEXTS } from './texts.ts'

type Path = readonly (string | number)[]

/** Of a control for several groups. */
export interface GroupsProps {
  readonly name: string
  readonly schema: FormSchema
  readonly full: Path
  readonly at: Path
  readonly children: (item: FormSchema, place: { full: Path; at: Path }) => ReactNode
}

/** Groups in an order, which are added and taken away. */
export function GroupList({ name, schema, full, at, children }: GroupsProps) {
  const t = useTexts(TEXTS)
  const item = itemsOf(schema) ?? {}
  return (
    <Form.List name={[...at]}>
      {(fields, { add, move, remove }) => (
        <Flex vertical gap={12}>
          {fields.map((field, index) => (
            <Card
              key={field.key}
              size="small"
              title={index + 1}
              extra={
                <RowButtons
                  name={name}
                  index={index}
                  count={fields.length}
                  move={move}
                  remove={() => remove(field.name)}
                />
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
