import { PlusOutlined } from '@ant-design/icons'
import { Button, Card, Flex, Form, Input, Select } from 'antd'
import { CodeEditor } from '../../components/code-editor/code-editor.tsx'
import { RULE_SQL } from '../../components/code-editor/rule-sql.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { SchemaSelect } from './schema-select.tsx'
import { TEXTS } from './texts.ts'

const TYPES = ['sql', 'json', 'avro', 'protobuf'] as const

/** The checks of a validation. */
export function CheckList() {
  const t = useTexts(TEXTS)
  return (
    <Form.Item label={t('checks')}>
      <Form.List name="checks">
        {(fields, { add, remove }) => (
          <Flex vertical gap={12}>
            {fields.map(({ key, name }) => (
              <Card
                key={key}
                size="small"
                title={t('check', { number: name + 1 })}
                extra={
                  <Button
                    size="small"
                    disabled={fields.length === 1}
                    aria-label={t('removeItem', { number: name + 1 })}
                    onClick={() => remove(name)}
                  >
                    {t('removeOne')}
                  </Button>
                }
              >
                <CheckFields place={name} />
              </Card>
            ))}
            <div>
              <Button icon={<PlusOutlined />} onClick={() => add({ type: 'sql', sql: '' })}>
                {t('addCheck')}
              </Button>
            </div>
          </Flex>
        )}
      </Form.List>
    </Form.Item>
  )
}

function CheckFields({ place }: { place: number }) {
  const t = useTexts(TEXTS)
  const type: unknown = Form.useWatch(['checks', place, 'type'])
  const number = place + 1
  const required = { required: true }
  return (
    <>
      <Form.Item name={[place, 'type']}>
        <Select
          aria-label={t('checkKind', { number })}
          options={TYPES.map((value) => ({
            value,
            label: value === 'json' ? t('json-schema') : t(value),
          }))}
        />
      </Form.Item>
      {type === 'sql' && (
        <Form.Item name={[place, 'sql']} extra={t('statementHelp')} rules={[required]}>
          <CodeEditor label={t('statement', { number })} language={RULE_SQL} />
        </Form.Item>
      )}
      {typeof type === 'string' && type !== 'sql' && (
        <Form.Item name={[place, 'schema']} label={t('schema')} rules={[required]}>
          <SchemaSelect type={type} label={t('schemaOf', { number })} />
        </Form.Item>
      )}
      {type === 'protobuf' && (
        <Form.Item name={[place, 'message_type']} label={t('messageType')} rules={[required]}>
          <Input aria-label={t('messageTypeOf', { number })} />
        </Form.Item>
      )}
    </>
  )
}
