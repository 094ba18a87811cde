import { defineTexts, useTexts } from '../i18n/i18n.ts'

const TEXTS = defineTexts(
  'alarm-names',
  {
    high_cpu_usage: '{{usage}} of the processors of the machine are in use.',
    high_system_memory_usage: '{{usage}} of the memory of the machine are in use.',
    event_loop_lag: 'A thread is {{lag_ms}} ms late: clients notice it.',
    storage_failed: 'The message store cannot write: what has to be stored is refused.',
  },
  {
    high_cpu_usage: '主机处理器使用率达到 {{usage}}。',
    high_system_memory_usage: '主机内存使用率达到 {{usage}}。',
    event_loop_lag: '有线程延迟 {{lag_ms}} 毫秒，客户端会感觉到。',
    storage_failed: '消息存储无法写入，需要持久化的内容会被拒绝。',
  },
)

interface Alarm {
  readonly name: string
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
}

/** What an alarm says in the language of the reader; one that is not known here, as it came. */
export function useAlarmText(): (alarm: Alarm) => string {
  const t = useTexts(TEXTS)
  return ({ name, message, details }) =>
    name in TEXTS.en
      ? t(name as keyof typeof TEXTS.en, details as Record<string, string | number>)
      : message
}
