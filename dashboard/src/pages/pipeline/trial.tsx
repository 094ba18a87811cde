import { Alert, Button, Form, Input } from 'antd'
import { useState } from 'react'
import { useMayChange } from '../../api/session.ts'
import { CodeEditor } from '../../components/code-editor/code-editor.tsx'
import { JSON_LANGUAGE } from '../../components/code-editor/languages.ts'
import { JsonView } from '../../components/json-view.tsx'
import { Panel } from '../../components/panel.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { dryRun, type Step } from './api.ts'
import { topicsOf } from './step-list.tsx'
import { TEXTS } from './texts.ts'

type Outcome = { readonly message: unknown } | { readonly reason: string }

/** A topic that a filter matches. */
function sampleOf(filter: string): string {
  return filter.replaceAll('+', 'x').replace(/#$/, 'x')
}

/** What the transformation, as it is in the form, makes of a message. */
export function Trial({ toBody }: { toBody: (fields: Step) => Step }) {
  const t = useTexts(TEXTS)
  const mayChange = useMayChange()
  const form = Form.useFormInstance<Step>()
  const [topic, setTopic] = useState<string>()
  const [payload, setPayload] = useState('{"temp": 21.5}')
  const [outcome, setOutcome] = useState<Outcome>()
  const [filter = ''] = topicsOf({ topics: Form.useWatch('topics', form) ?? [] })
  const wanted = topic ?? (sampleOf(filter) || 't/1')
  async function run(): Promise<void> {
    try {
      const step = toBody(form.getFieldsValue(true) as Step)
      const named = step.name === '' ? { ...step, name: 'trial' } : step
      setOutcome({ message: await dryRun(named, { topic: wanted, payload, clientid: 'device-1' }) })
    } catch (error) {
      setOutcome({ reason: error instanceof Error ? error.message : String(error) })
    }
  }
  return (
    <Panel title={t('trial')}>
      <Form.Item label={t('topic')} htmlFor="trial-topic">
        <Input id="trial-topic" value={wanted} onChange={({ target }) => setTopic(target.value)} />
      </Form.Item>
      <Form.Item label={t('payload')}>
        <CodeEditor
          label={t('payload')}
          language={JSON_LANGUAGE}
          value={payload}
          onChange={setPayload}
        />
      </Form.Item>
      <Button disabled={!mayChange} onClick={() => void run()}>
        {t('tryIt')}
      </Button>
      <div aria-live="polite" style={{ marginTop: 12 }}>
        {outcome !== undefined && 'reason' in outcome && (
          <Alert type="warning" showIcon title={outcome.reason} />
        )}
        {outcome !== undefined && 'message' in outcome && (
          <JsonView label={t('result')} value={outcome.message} />
        )}
      </div>
    </Panel>
  )
}
