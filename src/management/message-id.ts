import type { MessageView } from '#broker/operator/views.ts'
import { hashString } from '#kernel/hash.ts'

/**
 * A name for a message in lists: the same as long as it is the same message. Messages carry no id
 * of their own through the broker.
 */
export function messageId({ topic, publisher, receivedAtMs, payloadBytes }: MessageView): string {
  const time = Math.floor(receivedAtMs).toString(16).padStart(12, '0')
  const rest = (hashString(`${publisher}\0${topic}\0${payloadBytes}`) >>> 0).toString(16)
  return (time + rest.padStart(8, '0')).toUpperCase()
}
