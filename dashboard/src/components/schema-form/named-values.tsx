import { DeleteOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Flex, Input } from 'antd'
import { useState } from 'react'
import { useTexts } from '../../i18n/i18n.ts'
import type { FormSchema } from './form-schema.ts'
import { readText } from './key-control.ts'
import { TEXTS } from './texts.ts'

interface Props {
  readonly label: string
  /** Of a value. */
  readonly schema: FormSchema
  readonly value?: Readonly<Record<string, unknown>>
  readonly onChange?: (value: Readonly<Record<string, unknown>>) => void
}

type Rows = readonly (readonly [name: string, text: string])[]

function rowsOf(value: Props['value']): Rows {
  return Object.entries(value ?? {}).map(([name, text]) => [name, String(text)])
}

/** Texts or numbers under names that people choose, such as headers. */
export function NamedValues({ label, schema, value, onChange }: Props) {
  const t = useTexts(TEXTS)
  const [rows, setRows] = useState<Rows>(() => rowsOf(value))
  const change = (next: Rows): void => {
    setRows(next)
    const named = next.filter(([name]) => name !== '')
    const read = (text: string): unknown =>
      schema.type === 'string' ? text : readText(schema, text)
    onChange?.(Object.fromEntries(named.map(([name, text]) => [name, read(text)])))
  }
  return (
    <Flex vertical gap={8}>
      {rows.map(([name, text], index) => (
        // A row has no name of its own while it is written.
        <Flex key={index} gap={8}>
          <Input
            aria-label={t('rowName', { name: label, number: index + 1 })}
            placeholder={t('name')}
            value={name}
            onChange={({ target }) => change(rows.with(index, [target.value, text]))}
          />
          <Input
            aria-label={t('rowValue', { name: label, number: index + 1 })}
            placeholder={t('value')}
            value={text}
            onChange={({ target }) => change(rows.with(index, [name, target.value]))}
          />
          <Button
            icon={<DeleteOutlined />}
            aria-label={t('removeItem', { name: label, number: index + 1 })}
            onClick={() => change(rows.toSpliced(index, 1))}
          />
        </Flex>
      ))}
      <div>
        <Button
          size="small"
          icon={<PlusOutlined />}
          aria-label={t('addItem', { name: label })}
          onClick={() => change([...rows, ['', '']])}
        >
          {t('add')}
        </Button>
      </div>
    </Flex>
  )
}
