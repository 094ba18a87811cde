import { Alert, Button, Flex, Form, Input, Select } from 'antd'
import { useState } from 'react'
import { useMayChange } from '../api/session.ts'
import { defineTexts, useTexts } from '../i18n/i18n.ts'
import { CodeEditor } from './code-editor/code-editor.tsx'
import { JSON_LANGUAGE } from './code-editor/languages.ts'
import { JsonView } from './json-view.tsx'

const TEXTS = defineTexts(
  'sample-trial',
  {
    topic: 'Sample topic',
    clientId: 'Sample client ID',
    userName: 'Sample user name',
    payload: 'Sample payload',
    encoding: 'Payload written as',
    plain: 'text',
    base64: 'Base64',
    run: 'Run on the sample',
    output: 'Output',
  },
  {
    topic: '样例主题',
    clientId: '样例客户端 ID',
    userName: '样例用户名',
    payload: '样例消息内容',
    encoding: '消息内容的编码',
    plain: '文本',
    base64: 'Base64',
    run: '运行测试',
    output: '输出',
  },
)

/** A message to try something on. */
export interface Sample {
  readonly topic: string
  readonly clientid: string
  readonly username?: string
  readonly qos: 0 | 1 | 2
  readonly payload: string
  /** None: the payload is always a text. */
  readonly payload_encoding?: 'plain' | 'base64'
}

/** A message to begin with. */
export const SAMPLE: Sample = {
  topic: 't/a',
  clientid: 'device-1',
  qos: 1,
  payload: '{"temp": 21.5}',
}

/** What came of it: a sentence, or a value. */
export type Outcome =
  | { readonly kind: 'passed' | 'refused'; readonly text: string }
  | { readonly kind: 'output'; readonly output: unknown }

interface Props {
  readonly sample: Sample
  readonly change: (sample: Sample) => void
  /** What throws is an outcome, too. */
  readonly run: (sample: Sample) => Promise<Outcome>
}

/** Tries something that need not be saved on a message that somebody writes. */
export function SampleTrial({ sample, change, run }: Props) {
  const t = useTexts(TEXTS)
  const mayChange = useMayChange()
  const [outcome, setOutcome] = useState<Outcome>()
  async function tryIt(): Promise<void> {
    try {
      const { username = '', ...others } = sample
      setOutcome(await run(username === '' ? others : sample))
    } catch (error) {
      setOutcome({ kind: 'refused', text: error instanceof Error ? error.message : String(error) })
    }
  }
  return (
    <Form layout="vertical" component="div">
      <SampleFields sample={sample} change={change} />
      <Button disabled={!mayChange} onClick={() => void tryIt()}>
        {t('run')}
      </Button>
      <div aria-live="polite" style={{ marginTop: 12 }}>
        {outcome?.kind === 'output' && <JsonView label={t('output')} value={outcome.output} />}
        {outcome !== undefined && outcome.kind !== 'output' && (
          <Alert
            type={outcome.kind === 'passed' ? 'success' : 'warning'}
            showIcon
            title={outcome.text}
          />
        )}
      </div>
    </Form>
  )
}

const FIELD = { marginBottom: 8 } as const

function SampleFields({ sample, change }: Omit<Props, 'run'>) {
  const t = useTexts(TEXTS)
  const text = (key: 'topic' | 'clientid' | 'username', label: string) => (
    <Form.Item label={label} htmlFor={`trial-${key}`} style={FIELD}>
      <Input
        id={`trial-${key}`}
        value={sample[key] ?? ''}
        onChange={({ target }) => change({ ...sample, [key]: target.value })}
      />
    </Form.Item>
  )
  return (
    <>
      <Flex gap={12} wrap>
        {text('topic', t('topic'))}
        {text('clientid', t('clientId'))}
        {text('username', t('userName'))}
        <Form.Item label="QoS" htmlFor="trial-qos" style={FIELD}>
          <Select<Sample['qos']>
            id="trial-qos"
            value={sample.qos}
            onChange={(qos) => change({ ...sample, qos })}
            options={([0, 1, 2] as const).map((value) => ({ value, label: value }))}
          />
        </Form.Item>
        {sample.payload_encoding !== undefined && (
          <Form.Item label={t('encoding')} htmlFor="trial-encoding" style={FIELD}>
            <Select
              id="trial-encoding"
              value={sample.payload_encoding}
              onChange={(encoding) => change({ ...sample, payload_encoding: encoding })}
              options={(['plain', 'base64'] as const).map((value) => ({ value, label: t(value) }))}
            />
          </Form.Item>
        )}
      </Flex>
      <Form.Item label={t('payload')} htmlFor="trial-payload" style={FIELD}>
        <CodeEditor
          id="trial-payload"
          label={t('payload')}
          language={JSON_LANGUAGE}
          value={sample.payload}
          onChange={(payload) => change({ ...sample, payload })}
        />
      </Form.Item>
    </>
  )
}
