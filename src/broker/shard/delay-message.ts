import { isFailure } from '#codec/mqtt/decode-failure.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { parseDelayedTopic } from '../delayed/delayed-topic.ts'
import type { ZoneSettings } from '../limits.ts'
import type { Message } from '../message.ts'
import type { Broker } from './broker.ts'

/**
 * Keeps a `$delayed/` message for later; a reason code when it cannot be kept. The last argument
 * has the limits of whoever sends it.
 */
export function delayMessage(
  broker: Broker,
  message: Message,
  username: string | undefined,
  { mqtt }: Pick<ZoneSettings, 'mqtt'>,
): ReasonCode | undefined {
  const { core } = broker
  core.routeNeedsCommit = false
  core.routeRemote = 0
  core.routeEarly = false
  core.routeReceivers = 1
  const { topicLevelsMax } = mqtt
  const target = parseDelayedTopic(message.topic.topic, core.nowMs, topicLevelsMax)
  if (isFailure(target)) return target.reason
  if (!core.settings.delayed.enable) return ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR
  const topic = core.router.entryFor(target.topic)
  const result = broker.delayed.add(message.withTopic(topic), target.dueAtMs, username)
  if (!result.stored) return ReasonCode.QUOTA_EXCEEDED
  if (message.qos > 0) core.noteDurableWrite()
  return undefined
}
