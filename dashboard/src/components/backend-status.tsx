import { useQuery } from '@tanstack/react-query'
import { Badge, Tooltip } from 'antd'
import { defineTexts, useTexts } from '../i18n/i18n.ts'

const TEXTS = defineTexts(
  'backend-status',
  {
    connected: 'Connected',
    connecting: 'Connecting',
    disconnected: 'Disconnected',
    inconsistent: 'Not the same in all shards',
    unknown: 'Unknown',
  },
  {
    connected: '已连接',
    connecting: '连接中',
    disconnected: '已断开',
    inconsistent: '各分片状态不一致',
    unknown: '未知',
  },
)
const REFRESH_MS = 5_000
const SIGNS = {
  connected: 'success',
  connecting: 'processing',
  disconnected: 'error',
  inconsistent: 'warning',
} as const

/** How a backend is doing, and what it has decided. */
export interface BackendState {
  readonly status: keyof typeof SIGNS
  readonly node_error: readonly { readonly error: string }[]
  readonly metrics: Readonly<Record<string, number | readonly number[]>>
}

interface Props {
  readonly queryKey: readonly unknown[]
  readonly load: (signal: AbortSignal) => Promise<BackendState>
  /** Counters with what each is called. */
  readonly counters: readonly (readonly [name: string, label: string])[]
}

/** State and numbers of one backend, asked for every few seconds. */
export function BackendStatus({ queryKey, load, counters }: Props) {
  const t = useTexts(TEXTS)
  const { data } = useQuery({
    queryKey,
    queryFn: ({ signal }) => load(signal),
    refetchInterval: REFRESH_MS,
  })
  if (data === undefined) return <Badge status="default" text={t('unknown')} />
  const numbers = counters.map(([name, label]) => `${label} ${String(data.metrics[name] ?? 0)}`)
  return (
    <div>
      <Tooltip title={data.node_error.map(({ error }) => error).join('; ')}>
        <Badge status={SIGNS[data.status]} text={t(data.status)} />
      </Tooltip>
      <div className="tile-note">{numbers.join(' · ')}</div>
    </div>
  )
}
