import { lazy, Suspense, useMemo } from 'react'
import { Waiting } from '../../components/waiting.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { actionLabel, type Draft } from './rule-body.ts'
import { sourcesOf } from './sources-of.ts'
import { TEXTS } from './texts.ts'
import { useRuleMetrics } from './use-rule-metrics.ts'

const FlowPicture = lazy(() => import('./flow-picture.tsx'))

/** What goes in, what the rule lets through, and where it goes, as it is being written. */
export function RuleFlow({ draft, isNew }: { draft: Draft; isNew: boolean }) {
  const t = useTexts(TEXTS)
  const metrics = useRuleMetrics(draft.id, isNew)
  const { id, sql, actions, enable } = draft
  const matched = metrics?.matched
  const passed = metrics?.passed
  const nowhere = t('nowhere')
  const rules = useMemo(() => {
    const labels = actions.length === 0 ? [nowhere] : actions.map(actionLabel)
    const numbers = matched === undefined || passed === undefined ? {} : { matched, passed }
    const from = sourcesOf(sql)
    return [{ id: id === '' ? '…' : id, from, actions: labels, isEnabled: enable, ...numbers }]
  }, [id, sql, actions, enable, matched, passed, nowhere])
  return (
    <Suspense fallback={<Waiting />}>
      <FlowPicture rules={rules} />
    </Suspense>
  )
}
