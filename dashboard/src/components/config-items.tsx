import { Form, Input, InputNumber, Select, Switch } from 'antd'
import { useState } from 'react'
import { defineTexts, useTexts } from '../i18n/i18n.ts'

const TEXTS = defineTexts(
  'config-items',
  { noObject: 'This must be a JSON object.' },
  { noObject: '必须是 JSON 对象。' },
)

type Path = readonly string[]

interface Props {
  /** Keys of the configuration with their values; they stand in the form under these names. */
  readonly value: Readonly<Record<string, unknown>>
  readonly path?: Path
  /** Values that a key may have, by its name. */
  readonly choices: Readonly<Record<string, readonly string[]>>
  /** Keys that are not shown. */
  readonly without?: readonly string[]
}

/** Keys under which people choose names of their own. */
const FREE = new Set(['headers', 'body', 'verify_claims', 'filter'])
const LONG = new Set(['rules', 'query', 'cmd', 'public_key'])

/** Form items for keys of the configuration, called as there. */
export function ConfigItems({ value, path = [], choices, without = [] }: Props) {
  return Object.entries(value)
    .filter(([key]) => !without.includes(key))
    .map(([key, one]) => {
      const at = [...path, key]
      if (isGroup(one) && !FREE.has(key)) {
        return <ConfigItems key={key} value={one} path={at} choices={choices} />
      }
      return <ConfigItem key={key} at={at} value={one} choices={choices[key]} />
    })
}

interface ItemProps {
  readonly at: Path
  readonly value: unknown
  readonly choices: readonly string[] | undefined
}

function ConfigItem({ at, value, choices }: ItemProps) {
  const t = useTexts(TEXTS)
  const key = at.at(-1) ?? ''
  const name = [...at]
  const label = at.join('.')
  if (typeof value === 'boolean') {
    return (
      <Form.Item name={name} label={label} valuePropName="checked">
        <Switch />
      </Form.Item>
    )
  }
  if (isGroup(value)) {
    const isObject = async (_: unknown, given: unknown): Promise<void> => {
      if (!isGroup(given)) throw new Error(t('noObject'))
    }
    return (
      <Form.Item name={name} label={label} rules={[{ validator: isObject }]}>
        <JsonInput />
      </Form.Item>
    )
  }
  return (
    <Form.Item name={name} label={label}>
      {inputFor(key, value, choices)}
    </Form.Item>
  )
}

function inputFor(key: string, value: unknown, choices: readonly string[] | undefined) {
  if (choices !== undefined) return <Select options={choices.map((one) => ({ value: one }))} />
  if (Array.isArray(value)) return <Select mode="tags" open={false} suffixIcon={null} />
  if (typeof value === 'number') return <InputNumber style={{ width: '100%' }} />
  if (/password$|^secret$/.test(key)) return <Input.Password autoComplete="new-password" />
  if (LONG.has(key)) return <Input.TextArea autoSize={{ minRows: 2, maxRows: 20 }} />
  return <Input />
}

interface JsonProps {
  readonly id?: string
  readonly value?: unknown
  readonly onChange?: (value: unknown) => void
}

/** An object, written as JSON. */
function JsonInput({ id, value, onChange }: JsonProps) {
  const [text, setText] = useState(() => JSON.stringify(value ?? {}, null, 2))
  const change = (written: string): void => {
    setText(written)
    try {
      onChange?.(JSON.parse(written))
    } catch {
      onChange?.(written)
    }
  }
  return (
    <Input.TextArea
      {...(id === undefined ? {} : { id })}
      autoSize={{ minRows: 2, maxRows: 12 }}
      value={text}
      onChange={(event) => change(event.target.value)}
    />
  )
}

/** The values without those that are empty, which the API takes as not given. */
export function withoutEmpty(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(value).flatMap(([key, one]): [string, unknown][] => {
    if (one === undefined || one === null || one === '') return []
    return [[key, isGroup(one) && !FREE.has(key) ? withoutEmpty(one) : one]]
  })
  return Object.fromEntries(entries)
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
