import type { IntegrationInput } from '#management/contract/integrations.ts'
import { Alert, Button, Form, Input, Select } from 'antd'
import { useState } from 'react'
import { useMayChange } from '../../api/session.ts'
import { FormDrawer } from '../../components/form-drawer.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import {
  idOf,
  type Integration,
  keysOf,
  probeIntegration,
  putIntegration,
  type Root,
  STALE,
  useIntegrations,
  useSpecification,
} from './api.ts'
import {
  type FormSchema,
  type Group,
  initialOf,
  writtenOf,
} from '../../components/schema-form/form-schema.ts'
import { SchemaItems } from '../../components/schema-form/schema-items.tsx'
import { TEXTS } from './texts.ts'

/** Set by the broker. */
const WITHOUT = ['created_at', 'last_modified_at']
const NAME = /^[0-9A-Za-z][-_0-9A-Za-z]*$/

interface Props {
  readonly root: Root
  readonly type: string
  /** The one that is changed; none: one is made. */
  readonly present?: Integration
  readonly close: () => void
  readonly saved?: (id: string) => void
}

/** A form made of the specification of the type: a new type needs no other. */
export function IntegrationEditor(props: Props) {
  const { data } = useSpecification(props.root)
  if (data === undefined) return null
  return <Editor {...props} schema={keysOf(data.schema, props.type)} />
}

function Editor({ root, type, present, close, saved, schema }: Props & { schema: FormSchema }) {
  const t = useTexts(TEXTS)
  const toBody = (fields: Group): IntegrationInput => {
    const { name: written } = fields
    const name = present?.name ?? (typeof written === 'string' ? written : '')
    return { type, name, ...(writtenOf(schema, fields) as Group | undefined) }
  }
  const save = async (body: IntegrationInput): Promise<void> => {
    await putIntegration(root, body, present === undefined)
    saved?.(idOf(body))
  }
  const title = present === undefined ? t(`add-${root}`) : t('editOne', { id: idOf(present) })
  const controls =
    root === 'connectors' ? undefined : { connector: <ConnectorSelect type={type} /> }
  return (
    <FormDrawer
      title={`${title} · ${type}`}
      initial={initialOf(schema, present ?? {}) as Group}
      toBody={toBody}
      save={save}
      done={t('saved')}
      stale={STALE}
      close={close}
    >
      {present === undefined && (
        <Form.Item
          name="name"
          label={t('name')}
          extra={t('nameHelp')}
          rules={[{ required: true }, { pattern: NAME, message: t('nameRule') }]}
        >
          <Input autoFocus />
        </Form.Item>
      )}
      <SchemaItems schema={schema} without={WITHOUT} {...(controls && { controls })} />
      <Probe root={root} toBody={toBody} />
    </FormDrawer>
  )
}

interface ConnectorProps {
  readonly type: string
  // The form item gives these.
  readonly id?: string
  readonly value?: string
  readonly onChange?: (name: string) => void
}

/** The connectors of a type. */
function ConnectorSelect({ type, ...given }: ConnectorProps) {
  const t = useTexts(TEXTS)
  const { data = [] } = useIntegrations('connectors')
  const names = data.filter((one) => one.type === type).map(({ name }) => name)
  return (
    <Select
      {...given}
      notFoundContent={t('noConnector')}
      options={names.map((name) => ({ value: name, label: name }))}
    />
  )
}

interface ProbeProps {
  readonly root: Root
  readonly toBody: (fields: Group) => IntegrationInput
}

/** Tries what the form says, without keeping it. */
function Probe({ root, toBody }: ProbeProps) {
  const t = useTexts(TEXTS)
  const mayChange = useMayChange()
  const form = Form.useFormInstance<Group>()
  const [isBusy, setBusy] = useState(false)
  const [outcome, setOutcome] = useState<{ works: boolean; text: string }>()
  async function probe(): Promise<void> {
    setBusy(true)
    setOutcome(undefined)
    try {
      const body = toBody(form.getFieldsValue(true))
      await probeIntegration(root, body.name === '' ? { ...body, name: 'probe' } : body)
      setOutcome({ works: true, text: t('works') })
    } catch (error) {
      setOutcome({ works: false, text: error instanceof Error ? error.message : String(error) })
    }
    setBusy(false)
  }
  return (
    <div aria-live="polite">
      <Button disabled={!mayChange} loading={isBusy} onClick={() => void probe()}>
        {t('probe')}
      </Button>
      {outcome !== undefined && (
        <Alert
          type={outcome.works ? 'success' : 'error'}
          showIcon
          title={outcome.text}
          style={{ marginTop: 8 }}
        />
      )}
    </div>
  )
}
