import type { getRuleMetrics } from '#management/contract/rules.ts'
import { ArrowRightOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { call } from '../../api/call.ts'
import { showCount } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { actionLabel, type Draft } from './rule-body.ts'
import { sourcesOf } from './sql-tokens.ts'
import { TEXTS } from './texts.ts'

const REFRESH_MS = 5_000

/** What goes in, what the rule lets through, and where it goes. */
export function RuleFlow({ draft, isNew }: { draft: Draft; isNew: boolean }) {
  const t = useTexts(TEXTS)
  const { data } = useQuery({
    queryKey: ['rules', 'numbers', draft.id],
    queryFn: ({ signal }) =>
      call<typeof getRuleMetrics>('GET', '/rules/{id}/metrics', {
        params: { id: draft.id },
        signal,
      }),
    enabled: !isNew,
    refetchInterval: REFRESH_MS,
  })
  const metrics = data?.metrics
  const sources = [...new Set(sourcesOf(draft.sql))]
  const outputs = draft.actions.length === 0 ? [t('nowhere')] : draft.actions.map(actionLabel)
  return (
    <div className="rule-flow">
      <ul aria-label={t('reads')}>
        {sources.map((source) => (
          <li key={source}>{source}</li>
        ))}
      </ul>
      <Arrow count={metrics?.matched} />
      <div className="rule-box">
        <strong>{draft.id === '' ? t('newTitle') : draft.id}</strong>
        {metrics !== undefined && <div>{t('notPassed', { count: showCount(metrics.failed) })}</div>}
      </div>
      <Arrow count={metrics?.passed} />
      <ul aria-label={t('actions')}>
        {outputs.map((label, index) => (
          <li key={`${index} ${label}`}>{label}</li>
        ))}
      </ul>
    </div>
  )
}

function Arrow({ count }: { count: number | undefined }) {
  return (
    <span className="number">
      {count !== undefined && showCount(count)} <ArrowRightOutlined aria-hidden />
    </span>
  )
}
