import type { resetRuleMetrics, RuleMetrics } from '#management/contract/rules.ts'
import { Flex, Skeleton, Statistic } from 'antd'
import { call } from '../../api/call.ts'
import { DangerButton } from '../../components/danger-button.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'
import { useRuleMetrics } from './use-rule-metrics.ts'

const SHOWN = [
  'matched',
  'passed',
  'failed.no_result',
  'failed.exception',
  'matched.rate',
  'matched.rate.last5m',
  'matched.rate.max',
  'actions.total',
  'actions.success',
  'actions.failed',
  'actions.failed.out_of_service',
  'actions.discarded',
] as const satisfies readonly (keyof RuleMetrics)[]

/** All numbers of a rule. */
export function RuleNumbers({ id }: { id: string }) {
  const t = useTexts(TEXTS)
  const params = { id }
  const metrics = useRuleMetrics(id)
  if (metrics === undefined) return <Skeleton active />
  const reset = async (): Promise<unknown> =>
    call<typeof resetRuleMetrics>('PUT', '/rules/{id}/metrics/reset', { params })
  return (
    <>
      <Flex wrap gap={24} style={{ marginBottom: 16 }}>
        {SHOWN.map((name) => (
          <Statistic key={name} title={t(name)} value={metrics[name]} />
        ))}
      </Flex>
      <DangerButton
        size="small"
        label={t('reset')}
        question={t('resetAsk')}
        run={reset}
        stale={['rules']}
      />
    </>
  )
}
