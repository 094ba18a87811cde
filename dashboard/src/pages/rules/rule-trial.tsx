import type { testRuleSql } from '#management/contract/rule-tests.ts'
import { Alert, Button, Flex, Form, Input, Select } from 'antd'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { useMayChange } from '../../api/session.ts'
import { CodeEditor } from '../../components/code-editor/code-editor.tsx'
import { JSON_LANGUAGE } from '../../components/code-editor/languages.ts'
import { JsonView } from '../../components/json-view.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

interface Props {
  readonly sql: string
  readonly payload: string
  readonly setPayload: (payload: string) => void
}

type Outcome =
  | { readonly kind: 'output'; readonly output: unknown }
  | { readonly kind: 'failure'; readonly reason: string }

/** Runs the statement, saved or not, on a sample message. */
export function RuleTrial({ sql, payload, setPayload }: Props) {
  const t = useTexts(TEXTS)
  const mayChange = useMayChange()
  const [topic, setTopic] = useState('t/a')
  const [clientId, setClientId] = useState('device-1')
  const [qos, setQos] = useState(1)
  const [outcome, setOutcome] = useState<Outcome>()
  async function run(): Promise<void> {
    try {
      const context = { topic, payload, clientid: clientId, qos }
      const output = await call<typeof testRuleSql>('POST', '/rule_test', {
        body: { sql, context },
      })
      setOutcome({ kind: 'output', output })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      setOutcome({ kind: 'failure', reason })
    }
  }
  const text = (id: string, label: string, value: string, set: (value: string) => void) => (
    <Form.Item label={label} htmlFor={id} style={{ marginBottom: 8 }}>
      <Input id={id} value={value} onChange={(event) => set(event.target.value)} />
    </Form.Item>
  )
  return (
    <Form layout="vertical" component="div">
      <Flex gap={12} wrap>
        {text('trial-topic', t('sampleTopic'), topic, setTopic)}
        {text('trial-client', t('sampleClient'), clientId, setClientId)}
        <Form.Item label="QoS" htmlFor="trial-qos" style={{ marginBottom: 8 }}>
          <Select<number>
            id="trial-qos"
            value={qos}
            onChange={setQos}
            options={[0, 1, 2].map((value) => ({ value, label: value }))}
          />
        </Form.Item>
      </Flex>
      <Form.Item label={t('samplePayload')} htmlFor="trial-payload" style={{ marginBottom: 8 }}>
        <CodeEditor
          id="trial-payload"
          label={t('samplePayload')}
          language={JSON_LANGUAGE}
          value={payload}
          onChange={setPayload}
        />
      </Form.Item>
      <Button disabled={!mayChange} onClick={() => void run()}>
        {t('tryIt')}
      </Button>
      <div aria-live="polite" style={{ marginTop: 12 }}>
        {outcome?.kind === 'failure' && <Alert type="warning" showIcon title={outcome.reason} />}
        {outcome?.kind === 'output' && <JsonView label={t('output')} value={outcome.output} />}
      </div>
    </Form>
  )
}
