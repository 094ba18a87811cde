import { Select } from 'antd'
import { useTexts } from '../../i18n/i18n.ts'
import { useSchemas } from './api.ts'
import { TEXTS } from './texts.ts'

interface Props {
  /** Language of the schemas. */
  readonly type: string
  readonly label: string
  // The form item gives these.
  readonly id?: string
  readonly value?: string
  readonly onChange?: (name: string) => void
}

/** The schemas in a language. */
export function SchemaSelect({ type, label, ...given }: Props) {
  const t = useTexts(TEXTS)
  const { data = [] } = useSchemas()
  const names = data.filter((schema) => schema.type === type).map(({ name }) => name)
  return (
    <Select
      {...given}
      aria-label={label}
      value={given.value === undefined || given.value === '' ? null : given.value}
      notFoundContent={t('noSchema')}
      options={names.map((name) => ({ value: name, label: name }))}
    />
  )
}
