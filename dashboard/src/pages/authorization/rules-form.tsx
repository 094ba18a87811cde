import type {
  RuleBody,
  setRulesForAll,
  userRules,
} from '#management/contract/authorization-rules.ts'
import { DeleteOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Card, Flex, Form, Input, Select } from 'antd'
import { call } from '../../api/call.ts'
import { FormDrawer } from '../../components/form-drawer.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { paramOf, RULES_PATH, RULES_STALE, type Subject } from './rules-paths.ts'
import { TEXTS } from './texts.ts'

type Rules = typeof userRules

interface Fields {
  readonly name: string
  readonly rules: readonly RuleBody[]
}

interface Props {
  readonly subject: Subject
  /** Empty for new ones. */
  readonly name: string
  readonly rules: readonly RuleBody[]
  readonly close: () => void
}

const NEW_RULE: RuleBody = {
  permission: 'allow',
  action: 'all',
  topic: '',
  qos: [0, 1, 2],
  retain: 'all',
}

/** The rules about one client, one user, or everybody. */
export function RulesForm({ subject, name, rules: before, close }: Props) {
  const t = useTexts(TEXTS)
  const isNamed = subject !== 'all' && name === ''
  const save = async (fields: Fields): Promise<unknown> => {
    const rules = [...fields.rules]
    if (subject === 'all') {
      return call<typeof setRulesForAll>('POST', `${RULES_PATH}/all`, { body: { rules } })
    }
    const param = paramOf(subject)
    if (name === '') {
      const entry = { [param]: fields.name, rules }
      return call<Rules['create']>('POST', `${RULES_PATH}/${subject}`, { body: [entry] })
    }
    const options = { params: { [param]: name }, body: { rules } }
    return call<Rules['put']>('PUT', `${RULES_PATH}/${subject}/{${param}}`, options)
  }
  return (
    <FormDrawer
      title={isNamed ? t('addRules') : t('rulesOf', { name: name || t('about_all') })}
      initial={{ rules: before.length === 0 ? [NEW_RULE] : before }}
      toBody={(fields: Fields) => ({
        ...(isNamed && { [paramOf(subject)]: fields.name }),
        rules: fields.rules,
      })}
      save={(_, fields) => save(fields)}
      done={t('saved')}
      stale={RULES_STALE}
      close={close}
    >
      {isNamed && (
        <Form.Item name="name" label={t(paramOf(subject))} rules={[{ required: true }]}>
          <Input />
        </Form.Item>
      )}
      <Form.List name="rules">
        {(fields, { add, remove }) => (
          <Flex vertical gap={8}>
            {fields.map(({ key, name: place }) => (
              <RuleCard key={key} place={place} remove={() => remove(place)} />
            ))}
            <Button icon={<PlusOutlined />} onClick={() => add(NEW_RULE)}>
              {t('addRule')}
            </Button>
          </Flex>
        )}
      </Form.List>
    </FormDrawer>
  )
}

function RuleCard({ place, remove }: { place: number; remove: () => void }) {
  const t = useTexts(TEXTS)
  const oneOf = (values: readonly ('allow' | 'deny' | 'publish' | 'subscribe' | 'all')[]) =>
    values.map((value) => ({ value, label: t(value) }))
  return (
    <Card
      size="small"
      title={`# ${place + 1}`}
      extra={
        <Button
          size="small"
          icon={<DeleteOutlined />}
          aria-label={t('removeRule', { number: place + 1 })}
          onClick={remove}
        />
      }
    >
      <Form.Item name={[place, 'topic']} label={t('topic')} rules={[{ required: true }]}>
        <Input placeholder="devices/${clientid}/#" />
      </Form.Item>
      <Flex gap={8} wrap>
        <Form.Item name={[place, 'permission']} label={t('permission')}>
          <Select style={{ width: 110 }} options={oneOf(['allow', 'deny'])} />
        </Form.Item>
        <Form.Item name={[place, 'action']} label={t('action')}>
          <Select style={{ width: 130 }} options={oneOf(['all', 'publish', 'subscribe'])} />
        </Form.Item>
        <Form.Item name={[place, 'qos']} label="QoS">
          <Select
            mode="multiple"
            style={{ minWidth: 150 }}
            options={[0, 1, 2].map((value) => ({ value, label: value }))}
          />
        </Form.Item>
        <Form.Item name={[place, 'retain']} label={t('retain')}>
          <Select
            style={{ width: 110 }}
            options={[
              { value: 'all', label: t('all') },
              { value: true, label: 'true' },
              { value: false, label: 'false' },
            ]}
          />
        </Form.Item>
      </Flex>
    </Card>
  )
}
