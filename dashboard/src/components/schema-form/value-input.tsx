import { Input, InputNumber, Select, Switch } from 'antd'
import { CodeEditor } from '../code-editor/code-editor.tsx'
import { JSON_LANGUAGE, TEMPLATE } from '../code-editor/languages.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { type FormSchema, itemsOf, Shape, shapeOf, textOf } from './form-schema.ts'
import { JsonText } from './json-text.tsx'
import { Control, controlOf, readText } from './key-control.ts'
import { TEXTS } from './texts.ts'
import { WordRows } from './word-rows.tsx'

const LONG_CHARS = 10_000
const FORMATS = ['duration', 'bytes', 'percent', 'rate'] as const

interface Props {
  readonly schema: FormSchema
  readonly label: string
  // The form item gives these.
  readonly id?: string
  readonly value?: unknown
  readonly checked?: boolean
  readonly onChange?: (value: unknown) => void
}

/** The control that suits a key with one value, or with words. */
export function ValueInput({ schema, label, ...given }: Props) {
  const { id, value, checked = false, onChange } = given
  const named = id === undefined ? {} : { id }
  const change = (next: unknown): void => onChange?.(next)
  if (shapeOf(schema) === Shape.WORD_LIST) {
    const items = itemsOf(schema) ?? {}
    return <Words {...named} label={label} schema={items} value={value} change={change} />
  }
  switch (controlOf(schema, value)) {
    case Control.SWITCH:
      return <Switch {...named} checked={checked} onChange={change} />
    case Control.CHOICE:
      return (
        <Select
          {...named}
          value={value}
          onChange={change}
          options={(schema.enum ?? []).map((one) => ({ value: one, label: String(one) }))}
        />
      )
    case Control.NUMBER:
      return (
        <InputNumber
          {...named}
          style={{ width: '100%' }}
          value={typeof value === 'number' ? value : null}
          {...(schema.minimum !== undefined && { min: schema.minimum })}
          {...(schema.maximum !== undefined && { max: schema.maximum })}
          suffix={schema['x-unit']}
          onChange={change}
        />
      )
    case Control.SECRET:
      return (
        <Input.Password
          {...named}
          value={textOf(value)}
          autoComplete="new-password"
          onChange={({ target }) => change(target.value)}
        />
      )
    case Control.TEXT:
      return <Text {...named} schema={schema} label={label} value={value} change={change} />
    case Control.JSON:
      return (
        <JsonText {...named} label={label} language={JSON_LANGUAGE} value={value} change={change} />
      )
  }
}

interface TextProps {
  readonly id?: string
  readonly schema: FormSchema
  readonly label: string
  readonly value: unknown
  readonly change: (value: unknown) => void
}

function Text({ schema, label, value, change, ...named }: TextProps) {
  const t = useTexts(TEXTS)
  const text = textOf(value)
  if (schema['x-lines'] === true) {
    return (
      <CodeEditor {...named} label={label} language={TEMPLATE} value={text} onChange={change} />
    )
  }
  if ((schema.maxLength ?? 0) >= LONG_CHARS) {
    return (
      <Input.TextArea
        {...named}
        autoSize={{ minRows: 1, maxRows: 8 }}
        value={text}
        onChange={({ target }) => change(target.value)}
      />
    )
  }
  const [example] = schema.examples ?? []
  const format = FORMATS.find((known) => known === schema['x-format'])
  return (
    <Input
      {...named}
      value={text}
      placeholder={format === undefined ? textOf(example) : t(format)}
      onChange={({ target }) => {
        // A text stays a text; what can be a number as well is one when it looks like one.
        change(schema.type === 'string' ? target.value : readText(schema, target.value))
      }}
    />
  )
}

interface WordsProps {
  readonly id?: string
  readonly label: string
  /** Of an item. */
  readonly schema: FormSchema
  readonly value: unknown
  readonly change: (value: unknown) => void
}

/** Words: chosen among those that there are, or written. */
function Words({ label, schema, value, change, ...named }: WordsProps) {
  const all: readonly unknown[] = Array.isArray(value) ? value : []
  if (schema.enum === undefined) {
    return <WordRows {...named} label={label} schema={schema} value={all} change={change} />
  }
  return (
    <Select
      {...named}
      mode="multiple"
      value={[...all]}
      onChange={change}
      options={schema.enum.map((word) => ({ value: word, label: word }))}
    />
  )
}
