import { Form, Input, Select, Switch } from 'antd'
import { FormDrawer } from '../../components/form-drawer.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { type Check, type Kind, putStep, type Serde, type Step } from './api.ts'
import { CheckList } from './check-list.tsx'
import { OperationList } from './operation-list.tsx'
import { SerdeFields } from './serde-fields.tsx'
import { topicsOf } from './step-list.tsx'
import { TEXTS } from './texts.ts'
import { Trial } from './trial.tsx'

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/
const FAILURE_ACTIONS = ['drop', 'disconnect', 'ignore'] as const
const STRATEGIES = ['all_pass', 'any_pass'] as const
const LEVELS = ['none', 'debug', 'info', 'notice', 'warning', 'error', 'critical'] as const

const COMMON = {
  name: '',
  enable: true,
  description: '',
  topics: [],
  failure_action: 'drop',
  log_failure: { level: 'info' },
} as const satisfies Step
const NEW: Readonly<Record<Kind, Step>> = {
  validation: { ...COMMON, strategy: 'all_pass', checks: [{ type: 'sql', sql: '' }] },
  transformation: {
    ...COMMON,
    payload_decoder: { type: 'json' },
    payload_encoder: { type: 'json' },
    operations: [{ key: '', value: '' }],
  },
}

interface Props {
  readonly kind: Kind
  readonly present?: Step
  readonly close: () => void
}

/** A validation or a transformation in a form. */
export function StepEditor({ kind, present, close }: Props) {
  const t = useTexts(TEXTS)
  const initial = present === undefined ? NEW[kind] : { ...present, topics: [...topicsOf(present)] }
  const toBody = (fields: Step): Step => stepOf({ ...initial, ...fields })
  return (
    <FormDrawer
      title={present === undefined ? t(`add-${kind}`) : t('editOne', { name: present.name })}
      initial={initial}
      toBody={toBody}
      save={(body) => putStep(kind, body, present === undefined)}
      done={t('saved')}
      stale={['steps']}
      close={close}
    >
      <CommonFields isNew={present === undefined} />
      {kind === 'validation' ? (
        <>
          <Form.Item name="strategy" label={t('strategy')}>
            <Select options={STRATEGIES.map((value) => ({ value, label: t(value) }))} />
          </Form.Item>
          <CheckList />
        </>
      ) : (
        <>
          <SerdeFields name="payload_decoder" label={t('decoder')} />
          <OperationList />
          <SerdeFields name="payload_encoder" label={t('encoder')} />
        </>
      )}
      <FailureFields />
      <Trial kind={kind} toBody={toBody} />
    </FormDrawer>
  )
}

function CommonFields({ isNew }: { isNew: boolean }) {
  const t = useTexts(TEXTS)
  const required = { required: true }
  return (
    <>
      {isNew && (
        <Form.Item
          name="name"
          label={t('name')}
          extra={t('nameRule')}
          rules={[required, { pattern: NAME, message: t('nameRule') }]}
        >
          <Input autoFocus />
        </Form.Item>
      )}
      <Form.Item name="topics" label={t('topics')} extra={t('topicsHelp')} rules={[required]}>
        <Select mode="tags" open={false} suffixIcon={null} />
      </Form.Item>
      <Form.Item name="description" label={t('description')}>
        <Input />
      </Form.Item>
      <Form.Item name="enable" label={t('enabled')} valuePropName="checked">
        <Switch />
      </Form.Item>
    </>
  )
}

function FailureFields() {
  const t = useTexts(TEXTS)
  return (
    <>
      <Form.Item name="failure_action" label={t('failureAction')}>
        <Select options={FAILURE_ACTIONS.map((value) => ({ value, label: t(value) }))} />
      </Form.Item>
      <Form.Item name={['log_failure', 'level']} label={t('logLevel')}>
        <Select options={LEVELS.map((value) => ({ value, label: value }))} />
      </Form.Item>
    </>
  )
}

/** Without what does not belong to the chosen kinds of checks and languages. */
function stepOf(step: Step): Step {
  const { checks, payload_decoder: decoder, payload_encoder: encoder } = step
  return {
    ...step,
    ...(checks && { checks: checks.map(checkOf) }),
    ...(decoder && { payload_decoder: serdeOf(decoder) }),
    ...(encoder && { payload_encoder: serdeOf(encoder) }),
  }
}

function checkOf({ type, sql = '', schema = '', message_type: message = '' }: Check): Check {
  if (type === 'sql') return { type, sql }
  return type === 'protobuf' ? { type, schema, message_type: message } : { type, schema }
}

function serdeOf({ type, schema = '', message_type: message = '' }: Serde): Serde {
  if (type === 'none' || type === 'json') return { type }
  return type === 'protobuf' ? { type, schema, message_type: message } : { type, schema }
}
