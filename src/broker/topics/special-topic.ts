import { DecodeFailure, isFailure } from '#codec/mqtt/decode-failure.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { parseSharedFilter, validateTopicFilterText } from '#codec/mqtt/topic.ts'
import { hasWildcard } from './filter-match.ts'

export type SubscriptionKind = 'ordinary' | 'shared' | 'queue' | 'exclusive'

/** What a client asked to subscribe to, taken apart. */
export interface SubscriptionTarget {
  readonly kind: SubscriptionKind
  /** Group of a shared subscription, `$queue` for `$queue/…`; else empty. */
  readonly group: string
  /** What topics are matched with: without `$share/group/`, `$queue/` or `$exclusive/`. */
  readonly filter: string
}

/** What the broker offers, and the limit for the filter itself. */
export interface SubscriptionSwitches {
  readonly wildcardSubscription: boolean
  readonly sharedSubscription: boolean
  readonly exclusiveSubscription: boolean
  readonly topicLevelsMax: number
}

/** Group under which all `$queue/…` subscriptions share; no `$share` name can collide with it. */
export const QUEUE_GROUP = '$queue'

const SHARE_PREFIX = '$share/'
const QUEUE_PREFIX = '$queue/'
const EXCLUSIVE_PREFIX = '$exclusive/'

const SHARED_OFF = new DecodeFailure(
  ReasonCode.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED,
  'shared subscriptions are switched off',
)
const EXCLUSIVE_OFF = new DecodeFailure(
  ReasonCode.TOPIC_FILTER_INVALID,
  'exclusive subscriptions are switched off',
)
const WILDCARD_OFF = new DecodeFailure(
  ReasonCode.WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED,
  'wildcard subscriptions are switched off',
)
const NESTED = new DecodeFailure(
  ReasonCode.TOPIC_FILTER_INVALID,
  'a special prefix follows another one',
)
const RESERVED_GROUP = new DecodeFailure(
  ReasonCode.TOPIC_FILTER_INVALID,
  'the group name $queue belongs to $queue/ subscriptions',
)

/**
 * Takes the filter of a SUBSCRIBE (as written by the client, before the mountpoint) apart and
 * checks it. Failures carry the reason code for SUBACK of MQTT 5: 0x8F invalid, 0x9E shared
 * subscriptions off, 0xA2 wildcards off.
 */
export function parseSubscription(
  text: string,
  switches: SubscriptionSwitches,
): SubscriptionTarget | DecodeFailure {
  const target = takeApart(text, switches)
  if (isFailure(target)) return target
  const invalid = validateTopicFilterText(target.filter, switches.topicLevelsMax)
  if (invalid !== undefined) return invalid
  if (!switches.wildcardSubscription && hasWildcard(target.filter)) {
    return WILDCARD_OFF // [MQTT311-3.8.3-2]
  }
  return target
}

/**
 * The same for an UNSUBSCRIBE and for filters that were accepted before: takes apart without
 * asking what is switched on. Malformed `$share` filters come back as ordinary ones, which no
 * subscription has.
 */
export function splitSubscription(text: string): SubscriptionTarget {
  if (!text.startsWith('$')) return { kind: 'ordinary', group: '', filter: text }
  const target = takeApart(text, EVERYTHING_ON)
  return isFailure(target) ? { kind: 'ordinary', group: '', filter: text } : target
}

/** The filter as the client wrote it, from its parts. */
export function joinSubscription(target: SubscriptionTarget): string {
  switch (target.kind) {
    case 'ordinary':
      return target.filter
    case 'shared':
      return `${SHARE_PREFIX}${target.group}/${target.filter}`
    case 'queue':
      return QUEUE_PREFIX + target.filter
    case 'exclusive':
      return EXCLUSIVE_PREFIX + target.filter
  }
}

const EVERYTHING_ON: SubscriptionSwitches = {
  wildcardSubscription: true,
  sharedSubscription: true,
  exclusiveSubscription: true,
  topicLevelsMax: 65_536,
}

function takeApart(
  text: string,
  switches: SubscriptionSwitches,
): SubscriptionTarget | DecodeFailure {
  if (!text.startsWith('$')) return { kind: 'ordinary', group: '', filter: text }
  if (text.startsWith(SHARE_PREFIX)) {
    if (!switches.sharedSubscription) return SHARED_OFF
    const shared = parseSharedFilter(text) // [MQTT-4.8.2-1] [MQTT-4.8.2-2]
    if (isFailure(shared)) return shared
    if (shared.group === QUEUE_GROUP) return RESERVED_GROUP
    if (isSpecialFilter(shared.filter)) return NESTED
    return { kind: 'shared', group: shared.group, filter: shared.filter }
  }
  if (text.startsWith(QUEUE_PREFIX)) {
    if (!switches.sharedSubscription) return SHARED_OFF
    const filter = text.slice(QUEUE_PREFIX.length)
    return isSpecialFilter(filter) ? NESTED : { kind: 'queue', group: QUEUE_GROUP, filter }
  }
  if (text.startsWith(EXCLUSIVE_PREFIX)) {
    if (!switches.exclusiveSubscription) return EXCLUSIVE_OFF
    const filter = text.slice(EXCLUSIVE_PREFIX.length)
    return isSpecialFilter(filter) ? NESTED : { kind: 'exclusive', group: '', filter }
  }
  return { kind: 'ordinary', group: '', filter: text }
}

/** True when the filter begins like a shared, queue or exclusive one, well-formed or not. */
export function isSpecialFilter(filter: string): boolean {
  return (
    filter.startsWith(SHARE_PREFIX) ||
    filter.startsWith(QUEUE_PREFIX) ||
    filter.startsWith(EXCLUSIVE_PREFIX)
  )
}
