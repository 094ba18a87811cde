import { Tag, Tooltip } from 'antd'
import { showTime } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import type { Listener } from './listeners-page.tsx'
import { TEXTS } from './texts.ts'

const DAY_MS = 86_400_000
const SOON_DAYS = 30

/** How long a certificate is still good for, and what it is. */
export function CertificateCell({
  certificate,
}: {
  certificate: NonNullable<Listener['certificate']>
}) {
  const t = useTexts(TEXTS)
  const { file, subject, issuer, names, valid_to: end, problem } = certificate
  if (end === undefined) {
    return (
      <Tooltip title={`${file}: ${problem}`}>
        <Tag color="error" tabIndex={0}>
          {t('unreadable')}
        </Tag>
      </Tooltip>
    )
  }
  const days = daysUntil(end)
  const colour = days < 0 ? 'error' : days < SOON_DAYS ? 'warning' : 'success'
  const facts = [
    [t('file'), file],
    [t('subject'), subject],
    [t('issuer'), issuer],
    [t('names'), names],
  ].filter(([, value]) => value !== undefined)
  const about = facts.map(([label, value]) => (
    <div key={label}>
      {label}: {value}
    </div>
  ))
  return (
    <Tooltip title={about}>
      <Tag color={colour} tabIndex={0}>
        {days < 0
          ? t('expired', { time: showTime(end) })
          : t('goodFor', { days, time: showTime(end).slice(0, 10) })}
      </Tag>
    </Tooltip>
  )
}

function daysUntil(time: string): number {
  return Math.floor((Date.parse(time) - Date.now()) / DAY_MS)
}
