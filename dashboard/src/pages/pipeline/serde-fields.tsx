import { Form, Input, Select } from 'antd'
import { useTexts } from '../../i18n/i18n.ts'
import { SchemaSelect } from './schema-select.tsx'
import { TEXTS } from './texts.ts'

const TYPES = ['none', 'json', 'avro', 'protobuf'] as const

interface Props {
  readonly name: 'payload_decoder' | 'payload_encoder'
  readonly label: string
}

/** How a payload is read or written: a language, and what the language needs. */
export function SerdeFields({ name, label }: Props) {
  const t = useTexts(TEXTS)
  const type: unknown = Form.useWatch([name, 'type'])
  const required = { required: true }
  return (
    <>
      <Form.Item name={[name, 'type']} label={label}>
        <Select
          options={TYPES.map((value) => ({
            value,
            label: value === 'none' ? t('asIs') : t(value),
          }))}
        />
      </Form.Item>
      {(type === 'avro' || type === 'protobuf') && (
        <Form.Item name={[name, 'schema']} label={t('schema')} rules={[required]}>
          <SchemaSelect type={type} label={`${label} ${t('schema')}`} />
        </Form.Item>
      )}
      {type === 'protobuf' && (
        <Form.Item name={[name, 'message_type']} label={t('messageType')} rules={[required]}>
          <Input />
        </Form.Item>
      )}
    </>
  )
}
