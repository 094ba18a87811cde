import { Form } from 'antd'
import { useEffect, useRef } from 'react'
import { type FormSchema, initialOf, namedOf, Shape, shapeOf, writtenOf } from './form-schema.ts'
import { NamedValues } from './named-values.tsx'
import { GroupPart } from './schema-items.tsx'
import { ValueInput } from './value-input.tsx'

interface Props {
  /** Name of the key. */
  readonly name: string
  readonly schema: FormSchema
  /** What it begins with; later values are not shown. */
  readonly initial: unknown
  readonly disabled: boolean
  readonly change: (value: unknown) => void
}

/** One key of the configuration that holds a list or a group, outside of any form. */
export function SchemaValue({ name, schema, initial, disabled, change }: Props) {
  const [form] = Form.useForm<Readonly<Record<string, unknown>>>()
  const value: unknown = Form.useWatch((all) => all[name], { form, preserve: true })
  const text = value === undefined ? undefined : JSON.stringify(complete(schema, value))
  const last = useRef(JSON.stringify(complete(schema, initialOf(schema, initial))))
  useEffect(() => {
    if (text === undefined || text === last.current) return
    last.current = text
    change(JSON.parse(text))
  })
  const shape = shapeOf(schema)
  const item =
    shape === Shape.NAMED_VALUES ? (
      <NamedValues label={name} schema={namedOf(schema)} />
    ) : shape === Shape.WORD_LIST ? (
      <ValueInput schema={schema} label={name} />
    ) : undefined
  return (
    <Form
      form={form}
      component={false}
      layout="vertical"
      disabled={disabled}
      initialValues={{ [name]: initialOf(schema, initial) }}
    >
      {item === undefined ? (
        <GroupPart name={name} schema={schema} full={[name]} at={[name]} />
      ) : (
        <Form.Item name={name} noStyle>
          {item}
        </Form.Item>
      )}
    </Form>
  )
}

/** What is written, said in full: what is the default may not be left out here. */
function complete(schema: FormSchema, value: unknown): unknown {
  const written = writtenOf(schema, value) ?? schema.default
  if (written !== undefined) return written
  if (shapeOf(schema) === Shape.NAMED_GROUPS) return {}
  return Array.isArray(value) ? [] : null
}
