import { Flex } from 'antd'
import { Nothing } from '../../components/nothing.tsx'
import { Panel } from '../../components/panel.tsx'
import { showCount } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

/** Counters of messages that did not arrive, by reason. */
const REASONS = [
  'messages.dropped.no_subscribers',
  'messages.dropped.await_pubrel_timeout',
  'delivery.dropped.queue_full',
  'delivery.dropped.expired',
  'delivery.dropped.too_large',
  'delivery.dropped.qos0_msg',
  'delivery.dropped.no_local',
  'packets.publish.auth_error',
  'packets.publish.dropped',
  'rate_limit.refused',
  'delayed.refused.count_limit',
  'retained.refused.payload_too_large',
  'retained.refused.count_limit',
  'retained.refused.byte_limit',
] as const

/** Why messages did not reach anybody. */
export function DroppedReasons({ counters }: { counters: Readonly<Record<string, number>> }) {
  const t = useTexts(TEXTS)
  const rows = REASONS.map((name) => ({ name, count: counters[name] ?? 0 }))
    .filter(({ count }) => count > 0)
    .toSorted((one, other) => other.count - one.count)
  const most = rows[0]?.count ?? 1
  return (
    <Panel title={t('droppedTitle')}>
      {rows.length === 0 ? (
        <Nothing text={t('droppedNone')} />
      ) : (
        <Flex vertical gap={10}>
          {rows.map(({ name, count }) => (
            <div key={name}>
              <Flex justify="space-between" gap={8}>
                <span>{t(name)}</span>
                <strong className="number">{showCount(count)}</strong>
              </Flex>
              <div className="bar" aria-hidden>
                <div style={{ width: `${(count / most) * 100}%` }} />
              </div>
            </div>
          ))}
        </Flex>
      )}
    </Panel>
  )
}
