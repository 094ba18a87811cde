import type { IntegrationMetrics } from '#management/contract/integrations.ts'
import { Flex, Skeleton, Statistic, Tag } from 'antd'
import { DangerButton } from '../../components/danger-button.tsx'
import { Failure } from '../../components/failure.tsx'
import { showBytes, showCount } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { resetMetrics, type Root, STALE, useMetrics } from './api.ts'
import { TEXTS } from './texts.ts'

const OF_ACTIONS = [
  'matched',
  'success',
  'failed',
  'queuing',
  'queuing_bytes',
  'inflight',
  'rate',
  'rate_last5m',
  'rate_max',
  'retried',
  'retried.success',
  'retried.failed',
  'late_reply',
  'dropped',
  'dropped.expired',
  'dropped.queue_full',
  'dropped.resource_not_found',
  'dropped.resource_stopped',
  'dropped.other',
] as const satisfies readonly (keyof IntegrationMetrics)[]
const OF_SOURCES = ['received', 'rate', 'rate_last5m', 'rate_max'] as const

/** All numbers of an action or a source. */
export function IntegrationNumbers({ root, id }: { root: Root; id: string }) {
  const t = useTexts(TEXTS)
  const { data, error, refetch } = useMetrics(root, id)
  if (error !== null && data === undefined) {
    return <Failure error={error} retry={() => void refetch()} />
  }
  if (data === undefined) return <Skeleton active />
  return (
    <>
      <Flex wrap gap={24} style={{ marginBottom: 16 }}>
        {(root === 'actions' ? OF_ACTIONS : OF_SOURCES).map((name) => (
          <Statistic key={name} title={t(name)} value={shown(name, data[name])} />
        ))}
      </Flex>
      <DangerButton
        size="small"
        label={t('reset')}
        question={t('resetAsk')}
        run={() => resetMetrics(root, id)}
        stale={STALE}
      />
    </>
  )
}

function shown(name: string, value: number): string {
  if (name === 'queuing_bytes') return showBytes(value)
  return name.startsWith('rate') ? value.toFixed(1) : showCount(value)
}

/** What an action or a source did, in one line. */
export function NumbersLine({ root, id }: { root: Root; id: string }) {
  const t = useTexts(TEXTS)
  const { data } = useMetrics(root, id)
  if (data === undefined) return '–'
  const { matched, success, failed, dropped, queuing, received, rate } = data
  if (root === 'sources') return <span className="number">{showCount(received)}</span>
  const numbers = { matched: showCount(matched), success: showCount(success) }
  return (
    <span className="number">
      {t('summary', { ...numbers, rate: rate.toFixed(1) })}{' '}
      {queuing > 0 && <Tag color="processing">{t('waiting', { count: showCount(queuing) })}</Tag>}
      {failed > 0 && <Tag color="error">{t('failedCount', { count: showCount(failed) })}</Tag>}
      {dropped > 0 && <Tag color="error">{t('droppedCount', { count: showCount(dropped) })}</Tag>}
    </span>
  )
}
