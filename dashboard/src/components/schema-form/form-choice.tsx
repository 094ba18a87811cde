import { Form, Select } from 'antd'
import { choicesOf, type FormSchema, type Group, initialOf } from './form-schema.ts'

interface Props {
  readonly schema: FormSchema
  readonly full: readonly (string | number)[]
  readonly chosen: string
}

/** Which form a group has, where there are several. */
export function FormChoice({ schema, full, chosen }: Props) {
  const form = Form.useFormInstance()
  const choices = choicesOf(schema)
  const telling = schema['x-telling-keys'] ?? []
  if (choices.length < 2) return null
  const choose = (title: string): void => {
    const choice = choices.find((one) => one.title === title)
    if (choice === undefined) return
    const before = form.getFieldValue([...full]) as Group | undefined
    // What another form was told by may not stay.
    const untold = Object.fromEntries(telling.map((key) => [key, undefined]))
    const made = initialOf(choice.form, { ...before, ...choice.told }) as Group
    const value = { ...untold, ...made }
    // The form as a whole has no name.
    if (full.length === 0) form.setFieldsValue(value)
    else form.setFieldValue([...full], value)
  }
  const [first] = choices
  const differing = telling.filter((key) =>
    choices.some(({ told }) => told[key] !== first?.told[key]),
  )
  const label = [...full.filter((part) => typeof part === 'string'), differing[0]].join('.')
  return (
    <Form.Item label={label}>
      <Select<string>
        aria-label={label}
        value={chosen}
        onChange={choose}
        options={choices.map(({ title }) => ({ value: title, label: title }))}
      />
    </Form.Item>
  )
}
