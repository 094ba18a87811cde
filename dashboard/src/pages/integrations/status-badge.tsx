import { Badge } from 'antd'
import { useTexts } from '../../i18n/i18n.ts'
import type { Integration } from './api.ts'
import { TEXTS } from './texts.ts'

const SIGNS = { connected: 'success', connecting: 'processing', disconnected: 'error' } as const

/** Whether it works, and if not, why. */
export function StatusBadge({ one }: { one: Integration }) {
  const t = useTexts(TEXTS)
  const { enable, status, status_reason: reason } = one
  if (!enable) return <Badge status="default" text={t('off')} />
  return (
    <div style={{ maxWidth: 360, whiteSpace: 'normal' }}>
      <Badge status={SIGNS[status]} text={t(status)} />
      {reason !== '' && <div className="tile-note">{reason}</div>}
    </div>
  )
}
