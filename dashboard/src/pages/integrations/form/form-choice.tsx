import { Form, Select } from 'antd'
import { type FormSchema, initialOf } from './form-schema.ts'

interface Props {
  readonly label: string
  readonly full: readonly (string | number)[]
  readonly telling: readonly string[]
  readonly chosen: string
  readonly forms: readonly { readonly form: FormSchema; readonly title: string }[]
}

/** Which form a group has. */
export function FormChoice({ label, full, telling, chosen, forms }: Props) {
  const form = Form.useFormInstance()
  const choose = (title: string): void => {
    const next = forms.find((one) => one.title === title)?.form
    if (next === undefined) return
    const before = form.getFieldValue([...full]) as Readonly<Record<string, unknown>> | undefined
    const told = telling.map((key) => [key, next.properties?.[key]?.enum?.[0]])
    const value = initialOf(next, { ...before, ...Object.fromEntries(told) })
    form.setFieldValue([...full], value)
  }
  return (
    <Form.Item label={label}>
      <Select<string>
        aria-label={label}
        value={chosen}
        onChange={choose}
        options={forms.map(({ title }) => ({ value: title, label: title }))}
      />
    </Form.Item>
  )
}
