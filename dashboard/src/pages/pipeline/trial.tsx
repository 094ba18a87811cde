import { Form } from 'antd'
import { useState } from 'react'
import { Panel } from '../../components/panel.tsx'
import { type Outcome, SAMPLE, type Sample, SampleTrial } from '../../components/sample-trial.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { dryRunTransformation, dryRunValidation, type Kind, type Step } from './api.ts'
import { topicsOf } from './step-list.tsx'
import { TEXTS } from './texts.ts'

/** A topic that a filter matches. */
function sampleOf(filter: string): string {
  return filter.replaceAll('+', 'x').replace(/#$/, 'x')
}

interface Props {
  readonly kind: Kind
  readonly toBody: (fields: Step) => Step
}

/** What the step, as it is in the form, makes of a message. */
export function Trial({ kind, toBody }: Props) {
  const t = useTexts(TEXTS)
  const form = Form.useFormInstance<Step>()
  const [sample, setSample] = useState<Sample>({ ...SAMPLE, topic: '', payload_encoding: 'plain' })
  const [filter = ''] = topicsOf({ topics: Form.useWatch('topics', form) ?? [] })
  const topic = sample.topic || sampleOf(filter) || SAMPLE.topic
  async function run(message: Sample): Promise<Outcome> {
    const step = toBody(form.getFieldsValue(true) as Step)
    const named = step.name === '' ? { ...step, name: 'trial' } : step
    if (kind === 'transformation') {
      return { kind: 'output', output: await dryRunTransformation(named, message) }
    }
    const { passed, reason = '' } = await dryRunValidation(named, message)
    return passed
      ? { kind: 'passed', text: t('passes') }
      : { kind: 'refused', text: t('passesNot', { reason }) }
  }
  return (
    <Panel title={t('trial')}>
      <SampleTrial sample={{ ...sample, topic }} change={setSample} run={run} />
    </Panel>
  )
}
