import { DELAYED_PREFIX, delayedPrefixLength } from '../delayed/delayed-topic.ts'
import type { TopicRewriter } from './rewrite.ts'
import type { TopicValues } from './template.ts'

/** The topic by the rules; those for the topic of a delayed message hold as well. */
export function rewritePublish(
  rewriter: TopicRewriter,
  topic: string,
  client: TopicValues,
): string | undefined {
  const whole = rewriter.rewriteTopic(topic, client)
  if (whole !== topic || !topic.startsWith(DELAYED_PREFIX)) return whole
  const length = delayedPrefixLength(topic)
  const inner = rewriter.rewriteTopic(topic.slice(length), client)
  return inner === undefined ? undefined : topic.slice(0, length) + inner
}

/** The topic a message will have in the end: what access and other checks are about. */
export function withoutDelay(topic: string): string {
  return topic.startsWith(DELAYED_PREFIX) ? topic.slice(delayedPrefixLength(topic)) : topic
}

/** `$share/`, `$queue/` and `$exclusive/` are prefixes of filters, not topics. */
export function isFilterPrefix(topic: string): boolean {
  return (
    topic.startsWith('$share/') || topic.startsWith('$queue/') || topic.startsWith('$exclusive/')
  )
}

/** True when only the broker publishes to the topic, or nobody. */
export function isReserved(topic: string): boolean {
  const target = withoutDelay(topic)
  return target.startsWith('$SYS/') || isFilterPrefix(target)
}
