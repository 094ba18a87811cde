import { DELAYED_PREFIX, delayedPrefixLength } from '../delayed/delayed-topic.ts'
import { isSpecialFilter, joinSubscription, splitSubscription } from './special-topic.ts'
import { compileTopicTemplate, renderTopicTemplate } from './template.ts'
import type { TopicTemplate, TopicValues } from './template.ts'

/**
 * A mountpoint is a prefix that a listener puts in front of all topics of its clients, so that
 * groups of clients live apart: added to what they publish and subscribe, stripped from what is
 * delivered. `''` = none.
 */
export interface MountpointTemplate {
  readonly template: TopicTemplate
}

/**
 * Compiles the mountpoint of a listener; it may hold `${clientid}`, `${username}` and
 * `${client_attrs.<name>}`.
 * @throws Error when it has another placeholder or a wildcard
 */
export function compileMountpoint(text: string): MountpointTemplate {
  if (/[+#\0]/u.test(text)) throw new Error(`a mountpoint has no wildcards: "${text}"`)
  return { template: compileTopicTemplate(text, ['clientid', 'username', 'client_attrs']) }
}

/**
 * The mountpoint of one client. Undefined when a value it needs is missing or has a wildcard in
 * it: such a client would leave its own space and must be refused.
 */
export function renderMountpoint(
  mountpoint: MountpointTemplate,
  client: TopicValues,
): string | undefined {
  return renderTopicTemplate(mountpoint.template, client)
}

/** The topic a client publishes to, as the broker knows it; `$delayed/n/` stays in front. */
export function mountTopic(mountpoint: string, topic: string): string {
  if (mountpoint === '') return topic
  if (!topic.startsWith(DELAYED_PREFIX)) return mountpoint + topic
  const length = delayedPrefixLength(topic)
  return topic.slice(0, length) + mountpoint + topic.slice(length)
}

/**
 * The filter a client subscribes to, as the broker knows it; `$share/g/` etc. stay in front. A
 * malformed special filter comes back as it is, so that it stays invalid.
 */
export function mountFilter(mountpoint: string, filter: string): string {
  if (mountpoint === '') return filter
  if (!filter.startsWith('$')) return mountpoint + filter
  const target = splitSubscription(filter)
  if (target.kind === 'ordinary' && isSpecialFilter(filter)) return filter
  return joinSubscription({ ...target, filter: mountpoint + target.filter })
}

/** The topic as the client shall see it. */
export function unmountTopic(mountpoint: string, topic: string): string {
  return mountpoint !== '' && topic.startsWith(mountpoint) ? topic.slice(mountpoint.length) : topic
}

/** The filter as the client wrote it. */
export function unmountFilter(mountpoint: string, filter: string): string {
  if (mountpoint === '') return filter
  if (!filter.startsWith('$')) return unmountTopic(mountpoint, filter)
  const target = splitSubscription(filter)
  return joinSubscription({ ...target, filter: unmountTopic(mountpoint, target.filter) })
}
