import type { createRule, getRule, updateRule } from '#management/contract/rules.ts'
import { useQuery } from '@tanstack/react-query'
import { Button, Card, Flex, Form, Input, Skeleton, Switch, Tabs } from 'antd'
import { useState } from 'react'
import { Link, useNavigate, useParams } from 'react-router'
import { call } from '../../api/call.ts'
import { useMayChange } from '../../api/session.ts'
import { Failure } from '../../components/failure.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { useAction } from '../../components/use-action.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { ActionList } from './action-list.tsx'
import { LiveTest } from './live-test.tsx'
import { type Draft, NEW_RULE, toBody, toDraft } from './rule-body.ts'
import { RuleFlow } from './rule-flow.tsx'
import { STALE } from './rule-list.tsx'
import { RuleNumbers } from './rule-numbers.tsx'
import { RuleTrace } from './rule-trace.tsx'
import { RuleTrial } from './rule-trial.tsx'
import { StatementField } from './statement-field.tsx'
import { TEXTS } from './texts.ts'

/** Payload that trials begin with; its parts are suggested while the statement is written. */
const SAMPLE = '{"temp": 31.5, "unit": "C"}'

/** One rule: written, tried, watched. */
export function RuleDetails({ isNew = false }: { isNew?: boolean }) {
  const { id = '' } = useParams()
  const { data, error, refetch } = useQuery({
    queryKey: ['rules', 'one', id],
    queryFn: ({ signal }) => call<typeof getRule>('GET', '/rules/{id}', { params: { id }, signal }),
    enabled: !isNew,
    // What is being written is not replaced.
    staleTime: Infinity,
    gcTime: 0,
  })
  if (isNew) return <Editor key="new" initial={NEW_RULE} isNew />
  if (error !== null) return <Failure error={error} retry={() => void refetch()} />
  if (data === undefined) return <Skeleton active />
  return <Editor key={data.last_modified_at} initial={toDraft(data)} isNew={false} />
}

function Editor({ initial, isNew }: { initial: Draft; isNew: boolean }) {
  const t = useTexts(TEXTS)
  const mayChange = useMayChange()
  const navigate = useNavigate()
  const { run, isBusy } = useAction()
  const [draft, setDraft] = useState(initial)
  const [payload, setPayload] = useState(SAMPLE)
  const change = (part: Partial<Draft>): void => setDraft((before) => ({ ...before, ...part }))
  async function save(): Promise<void> {
    const body = toBody(draft)
    let id = draft.id
    const isDone = await run(
      async () => {
        if (isNew) ({ id } = await call<typeof createRule>('POST', '/rules', { body }))
        else await call<typeof updateRule>('PUT', '/rules/{id}', { params: { id }, body })
      },
      { done: t('saved'), stale: STALE },
    )
    if (isDone && isNew) void navigate(`/rules/id/${encodeURIComponent(id)}`)
  }
  return (
    <>
      <PageTitle title={isNew ? t('newTitle') : draft.id} about={t('aboutOne')}>
        <Link to="/rules">
          <Button>{t('back')}</Button>
        </Link>
        <Button type="primary" disabled={!mayChange} loading={isBusy} onClick={() => void save()}>
          {t('save')}
        </Button>
      </PageTitle>
      <Flex vertical gap={16}>
        <Card size="small" title={t('flow')}>
          <RuleFlow draft={draft} isNew={isNew} />
        </Card>
        <Card size="small" title={t('statement')}>
          <StatementField sql={draft.sql} payload={payload} change={(sql) => change({ sql })} />
        </Card>
        <Watching draft={draft} isNew={isNew} payload={payload} setPayload={setPayload} />
        <ActionList actions={draft.actions} change={(actions) => change({ actions })} />
        <Settings draft={draft} isNew={isNew} change={change} />
      </Flex>
    </>
  )
}

interface SettingsProps {
  readonly draft: Draft
  readonly isNew: boolean
  readonly change: (part: Partial<Draft>) => void
}

function Settings({ draft, isNew, change }: SettingsProps) {
  const t = useTexts(TEXTS)
  return (
    <Card size="small" title={t('settings')}>
      <Form layout="vertical" component="div">
        {isNew && (
          <Form.Item label={t('id')} help={t('idHelp')} htmlFor="rule-id">
            <Input id="rule-id" value={draft.id} onChange={(e) => change({ id: e.target.value })} />
          </Form.Item>
        )}
        <Form.Item label={t('name')} htmlFor="rule-name">
          <Input
            id="rule-name"
            value={draft.name}
            onChange={(event) => change({ name: event.target.value })}
          />
        </Form.Item>
        <Form.Item label={t('description')} htmlFor="rule-description">
          <Input.TextArea
            id="rule-description"
            autoSize
            value={draft.description}
            onChange={(event) => change({ description: event.target.value })}
          />
        </Form.Item>
        <Form.Item label={t('deadLetter')} help={t('deadLetterHelp')} htmlFor="rule-dead-letter">
          <Input
            id="rule-dead-letter"
            value={draft.deadLetterTopic}
            onChange={(event) => change({ deadLetterTopic: event.target.value })}
          />
        </Form.Item>
        <Flex gap={8} align="center" style={{ marginBottom: 8 }}>
          <Switch
            aria-label={t('waits')}
            checked={draft.waitsForActions}
            onChange={(waitsForActions) => change({ waitsForActions })}
          />
          {t('waits')}
        </Flex>
        <Flex gap={8} align="center">
          <Switch
            aria-label={t('enabled')}
            checked={draft.enable}
            onChange={(enable) => change({ enable })}
          />
          {t('enabled')}
        </Flex>
      </Form>
    </Card>
  )
}

interface WatchingProps {
  readonly draft: Draft
  readonly isNew: boolean
  readonly payload: string
  readonly setPayload: (payload: string) => void
}

/** Trials, and for a rule that runs what it does. */
function Watching({ draft, isNew, payload, setPayload }: WatchingProps) {
  const t = useTexts(TEXTS)
  const trial = <RuleTrial sql={draft.sql} payload={payload} setPayload={setPayload} />
  const running = [
    { key: 'live', label: t('live'), children: <RuleTrace id={draft.id} /> },
    { key: 'numbers', label: t('numbers'), children: <RuleNumbers id={draft.id} /> },
  ]
  return (
    <Card size="small">
      <Tabs
        destroyOnHidden
        items={[
          { key: 'trial', label: t('trial'), children: trial },
          { key: 'live-test', label: t('liveTest'), children: <LiveTest sql={draft.sql} /> },
          ...(isNew ? [] : running),
        ]}
      />
    </Card>
  )
}
