import { isFailure } from '#codec/mqtt/decode-failure.ts'
import type { DecodeFailure } from '#codec/mqtt/decode-failure.ts'
import type { PublishView } from '#codec/mqtt/publish.ts'
import { validateTopicName } from '#codec/mqtt/topic.ts'
import { DELAYED_LEVELS, DELAYED_PREFIX } from '../delayed/delayed-topic.ts'
import type { TopicEntry } from '../router/topic-entry.ts'
import type { Broker } from '../shard/broker.ts'
import type { Connection } from './connection.ts'
import { ALIAS_TOO_HIGH, UNKNOWN_ALIAS } from './publish-failures.ts'

/**
 * The topic of a PUBLISH by its alias or its bytes; a topic seen before costs a comparison. Hot
 * path.
 */
export function topicOf(
  broker: Broker,
  connection: Connection,
  view: PublishView,
  bytes: Buffer,
): TopicEntry | DecodeFailure {
  const { topicAlias, topicStart, topicEnd } = view
  const last = connection.lastTopic
  // Whoever changes topics would pay for a look at bytes that are in no cache.
  if (
    last !== undefined &&
    connection.repeatsTopic &&
    topicAlias === 0 &&
    sameBytes(last.bytes, bytes, topicStart, topicEnd)
  ) {
    return last
  }
  // [MQTT-3.2.2-18] [MQTT-3.3.2-9]
  const { mqtt } = connection.zone
  if (topicAlias > mqtt.topicAliasMax) return ALIAS_TOO_HIGH
  if (topicStart === topicEnd) {
    // A topic alias stands for the topic of the packet that introduced it.
    return connection.aliasesIn?.[topicAlias] ?? UNKNOWN_ALIAS
  }
  const { router, zones } = broker.core
  const known = router.entryForBytes(bytes, topicStart, topicEnd)
  const { topicLevelsMax } = mqtt
  const entry = isFailure(known)
    ? (delayedTopic(broker, view, bytes, topicLevelsMax) ?? known)
    : known
  if (isFailure(entry)) return entry
  if (topicLevelsMax < zones.topicLevelsMax) {
    // Known for a client of another zone: this one may not go so deep.
    const failure = tooDeep(entry, topicLevelsMax)
    if (failure !== undefined) return failure
  }
  if (topicAlias > 0) {
    connection.aliasesIn ??= []
    connection.aliasesIn[topicAlias] = entry // [MQTT-3.3.2-12]
  } else {
    connection.repeatsTopic = entry === last
    connection.lastTopic = entry
  }
  return entry
}

/** A `$delayed/` topic that only has too many levels because of its prefix. */
function delayedTopic(
  broker: Broker,
  view: PublishView,
  bytes: Buffer,
  topicLevelsMax: number,
): TopicEntry | undefined {
  const { core } = broker
  const { topicStart, topicEnd } = view
  const levelsMax = topicLevelsMax + DELAYED_LEVELS
  if (validateTopicName(bytes, topicStart, topicEnd, levelsMax) !== undefined) return undefined
  const text = bytes.toString('utf8', topicStart, topicEnd)
  return text.startsWith(DELAYED_PREFIX) ? core.router.entryFor(text) : undefined
}

function tooDeep({ bytes, topic }: TopicEntry, levelsMax: number): DecodeFailure | undefined {
  const more = topic.startsWith(DELAYED_PREFIX) ? DELAYED_LEVELS : 0
  return validateTopicName(bytes, 0, bytes.length, levelsMax + more)
}

function sameBytes(known: Buffer, bytes: Buffer, start: number, end: number): boolean {
  const length = end - start
  if (known.length !== length) return false
  for (let index = length - 1; index >= 0; index--) {
    if (known[index] !== bytes[start + index]) return false
  }
  return true
}
