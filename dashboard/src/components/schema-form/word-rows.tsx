import { PlusOutlined } from '@ant-design/icons'
import { Button, Flex, Input } from 'antd'
import { useTexts } from '../../i18n/i18n.ts'
import { moved } from '../moved.ts'
import { type FormSchema, textOf } from './form-schema.ts'
import { readText } from './key-control.ts'
import { RowButtons } from './row-buttons.tsx'
import { TEXTS } from './texts.ts'

interface Props {
  readonly id?: string
  readonly label: string
  /** Of an item. */
  readonly schema: FormSchema
  readonly value: readonly unknown[]
  readonly change: (value: readonly unknown[]) => void
}

/** Words or numbers in an order, one in a row. */
export function WordRows({ id, label, schema, value, change }: Props) {
  const t = useTexts(TEXTS)
  return (
    <Flex vertical gap={8} align="start">
      {value.map((one, index) => (
        // An item is known by its place only.
        <Flex key={index} gap={8} style={{ width: 'min(480px, 100%)' }}>
          <Input
            aria-label={t('item', { name: label, number: index + 1 })}
            value={textOf(one)}
            placeholder={textOf(schema.examples?.[0])}
            onChange={({ target: { value: text } }) =>
              change(value.with(index, schema.type === 'string' ? text : readText(schema, text)))
            }
          />
          <RowButtons
            name={label}
            index={index}
            count={value.length}
            move={(from, to) => change(moved(value, from, to))}
            remove={() => change(value.toSpliced(index, 1))}
          />
        </Flex>
      ))}
      <Button
        {...(id === undefined ? {} : { id })}
        size="small"
        icon={<PlusOutlined />}
        aria-label={t('addItem', { name: label })}
        onClick={() => change([...value, ''])}
      >
        {t('add')}
      </Button>
    </Flex>
  )
}
