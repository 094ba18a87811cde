import type { listListeners } from '#management/contract/listeners.ts'
import type { LiveSample } from '#management/contract/observe.ts'
import { CheckCircleFilled } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Alert, Flex, theme } from 'antd'
import { Link } from 'react-router'
import { call } from '../../api/call.ts'
import { useAlarmText } from '../../components/use-alarm-text.ts'
import { showTime } from '../../format/numbers.ts'
import { type Translate, useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

interface Matter {
  readonly key: string
  readonly isSevere: boolean
  readonly title: string
  readonly detail: string
  readonly to: string
}

/** Alarms and other things that somebody should look at, each with the page to go to. */
export function Attention({ sample }: { sample: LiveSample }) {
  const t = useTexts(TEXTS)
  const { token } = theme.useToken()
  const { data: listeners = [] } = useQuery({
    queryKey: ['listeners'],
    queryFn: ({ signal }) => call<typeof listListeners>('GET', '/listeners', { signal }),
    refetchInterval: 30_000,
  })
  const stopped = listeners.filter(({ enable, status }) => enable && !status.running)
  const alarmText = useAlarmText()
  const alarms = sample.alarms.map((alarm) => alarmMatter(alarm, alarmText(alarm), t))
  const matters = [...alarms, ...counterMatters(sample, t)]
  for (const { id } of stopped) {
    const title = t('listenerDown', { id })
    matters.push({
      key: id,
      isSevere: true,
      title,
      detail: t('listenerDownHint'),
      to: '/listeners',
    })
  }
  if (matters.length === 0) {
    return (
      <section className="panel" aria-label={t('attention')}>
        <Flex gap={10} align="center">
          <CheckCircleFilled style={{ color: token.colorSuccess, fontSize: 18 }} />
          <span>{t('allWell')}</span>
        </Flex>
      </section>
    )
  }
  return (
    <section aria-label={t('attention')}>
      <Flex vertical gap={8}>
        {matters.map(({ key, isSevere, title, detail, to }) => (
          <Alert
            key={key}
            showIcon
            type={isSevere ? 'error' : 'warning'}
            title={
              <>
                {title} <span className="secondary">{detail}</span>
              </>
            }
            action={<Link to={to}>{t('look')}</Link>}
          />
        ))}
      </Flex>
    </section>
  )
}

function alarmMatter(
  { name, activate_at: since }: LiveSample['alarms'][number],
  title: string,
  t: Translate<keyof typeof TEXTS.en>,
): Matter {
  const detail = t('alarmSince', { name, time: showTime(since) })
  return { key: name, isSevere: name === 'storage_failed', title, detail, to: '/alarms' }
}

/** Counters that should stay at 0. */
function counterMatters(sample: LiveSample, t: Translate<keyof typeof TEXTS.en>): Matter[] {
  const full = sample.counters['delivery.dropped.queue_full'] ?? 0
  if (full === 0) return []
  const detail = t('queueFullHint')
  const title = t('queueFull', { count: full })
  return [{ key: 'queue-full', isSevere: false, title, detail, to: '/slow-subscriptions' }]
}
