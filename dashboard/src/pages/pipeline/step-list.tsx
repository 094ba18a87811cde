import { Switch, type TableColumnsType, Tag } from 'antd'
import { useState } from 'react'
import { useMayChange } from '../../api/session.ts'
import { AddButton } from '../../components/add-button.tsx'
import { DangerButton } from '../../components/danger-button.tsx'
import { Failure } from '../../components/failure.tsx'
import { OrderedTable } from '../../components/ordered-table.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { DeleteButton, EditButton, useActionsColumn } from '../../components/row-actions.tsx'
import { useAction } from '../../components/use-action.ts'
import { showCount } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import {
  enableStep,
  type Kind,
  removeStep,
  reorderSteps,
  resetStep,
  type Step,
  useStepMetrics,
  useSteps,
} from './api.ts'
import { StepEditor } from './step-editor.tsx'
import { TEXTS } from './texts.ts'

const STALE = ['steps']

/** What messages pass before they are routed, in the order in which they do. */
export function StepList({ kind }: { kind: Kind }) {
  const t = useTexts(TEXTS)
  const { run } = useAction()
  const [edited, setEdited] = useState<Step | 'new'>()
  const { data, error, isPending, refetch } = useSteps(kind)
  const columns = useColumns(kind, setEdited)
  if (error !== null && data === undefined) {
    return <Failure error={error} retry={() => void refetch()} />
  }
  const reorder = (rows: readonly Step[]): void => {
    const names = rows.map(({ name }) => name)
    void run(() => reorderSteps(kind, names), { done: t('ordered'), stale: STALE })
  }
  return (
    <>
      <PageTitle title={t(kind)} about={t(`about-${kind}`)}>
        <AddButton onClick={() => setEdited('new')}>{t(`add-${kind}`)}</AddButton>
      </PageTitle>
      <OrderedTable<Step>
        rows={data}
        isLoading={isPending}
        nameOf={({ name }) => name}
        columns={columns}
        empty={t(`none-${kind}`)}
        reorder={reorder}
      />
      {edited !== undefined && (
        <StepEditor
          kind={kind}
          {...(edited === 'new' ? {} : { present: edited })}
          close={() => setEdited(undefined)}
        />
      )}
    </>
  )
}

/** The filters of a step as a list. */
export function topicsOf({ topics }: Pick<Step, 'topics'>): readonly string[] {
  return typeof topics === 'string' ? topics.split(',').map((one) => one.trim()) : topics
}

function useColumns(kind: Kind, edit: (step: Step) => void): TableColumnsType<Step> {
  const t = useTexts(TEXTS)
  return [
    {
      title: t('name'),
      render: (_, { name, description }) => (
        <>
          {name}
          {description !== '' && <div className="tile-note">{description}</div>}
        </>
      ),
    },
    {
      title: t('topics'),
      render: (_, step) => topicsOf(step).map((topic) => <Tag key={topic}>{topic}</Tag>),
    },
    { title: t('what'), render: (_, step) => <What step={step} /> },
    { title: t('failureAction'), render: (_, step) => t(step.failure_action) },
    { title: t('numbers'), render: (_, { name }) => <Numbers kind={kind} name={name} /> },
    { title: t('enabled'), render: (_, step) => <Enabled kind={kind} step={step} /> },
    useActionsColumn((step) => <Operations kind={kind} step={step} edit={edit} />, t('operations')),
  ]
}

/** What it does, in a few words. */
function What({ step: { checks = [], operations = [] } }: { step: Step }) {
  const t = useTexts(TEXTS)
  const texts = [
    ...checks.map(({ type, sql, schema }) => `${t(type)}: ${sql ?? schema ?? ''}`),
    ...operations.map(({ key, value }) => `${key} = ${value}`),
  ]
  return texts.map((text, index) => (
    <div key={`${index} ${text}`} style={{ maxWidth: 360, overflowWrap: 'anywhere' }}>
      <code>{text}</code>
    </div>
  ))
}

function Numbers({ kind, name }: { kind: Kind; name: string }) {
  const t = useTexts(TEXTS)
  const { data } = useStepMetrics(kind, name)
  if (data === undefined) return '–'
  const { matched, succeeded, failed, rate } = data
  return (
    <span className="number">
      {t('summary', {
        matched: showCount(matched),
        succeeded: showCount(succeeded),
        rate: rate.toFixed(1),
      })}{' '}
      {failed > 0 && <Tag color="error">{t('failedCount', { count: showCount(failed) })}</Tag>}
    </span>
  )
}

function Enabled({ kind, step: { name, enable } }: { kind: Kind; step: Step }) {
  const t = useTexts(TEXTS)
  const { run, isBusy } = useAction()
  return (
    <Switch
      size="small"
      aria-label={t('enableOne', { name })}
      checked={enable}
      disabled={!useMayChange()}
      loading={isBusy}
      onChange={(isOn) =>
        void run(() => enableStep(kind, name, isOn), { done: t('changed'), stale: STALE })
      }
    />
  )
}

interface OperationsProps {
  readonly kind: Kind
  readonly step: Step
  readonly edit: (step: Step) => void
}

function Operations({ kind, step, edit }: OperationsProps) {
  const t = useTexts(TEXTS)
  const { name } = step
  return (
    <>
      <EditButton edit={() => edit(step)} />
      <DangerButton
        size="small"
        label={t('reset')}
        question={t('resetAsk', { name })}
        run={() => resetStep(kind, name)}
        stale={STALE}
      />
      <DeleteButton
        question={t('removeAsk', { name })}
        consequence={t(`loses-${kind}`, { topics: topicsOf(step).join(', ') })}
        run={() => removeStep(kind, name)}
        stale={STALE}
      />
    </>
  )
}
