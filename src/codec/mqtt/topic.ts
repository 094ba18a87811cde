import { DecodeFailure } from './decode-failure.ts'
import { BAD_UTF8, textFailure } from './reader.ts'
import { ReasonCode } from './reason-codes.ts'
import { isMqttUtf8, utf8Length } from './utf8.ts'

/** Most levels of a topic unless the caller says otherwise: what 65535 bytes can hold. */
export const TOPIC_LEVELS_MAX_DEFAULT = 65_536

/** Longest topic name or filter in bytes of UTF-8. */
export const TOPIC_BYTES_MAX = 65_535

const { TOPIC_NAME_INVALID, TOPIC_FILTER_INVALID } = ReasonCode

const NAME_EMPTY = new DecodeFailure(
  TOPIC_NAME_INVALID,
  'the topic name is empty',
  '[MQTT-4.7.3-1]',
)
const NAME_WILDCARD = new DecodeFailure(
  TOPIC_NAME_INVALID,
  'the topic name contains a wildcard',
  '[MQTT-3.3.2-2]',
)
const NAME_LEVELS = new DecodeFailure(TOPIC_NAME_INVALID, 'the topic name has too many levels')
const NAME_LONG = new DecodeFailure(
  TOPIC_NAME_INVALID,
  'the topic name is longer than 65535 bytes',
  '[MQTT-4.7.3-3]',
)
const FILTER_EMPTY = new DecodeFailure(
  TOPIC_FILTER_INVALID,
  'the topic filter is empty',
  '[MQTT-4.7.3-1]',
)
const FILTER_HASH = new DecodeFailure(
  TOPIC_FILTER_INVALID,
  'the # of a topic filter is not its whole last level',
  '[MQTT-4.7.1-1]',
)
const FILTER_PLUS = new DecodeFailure(
  TOPIC_FILTER_INVALID,
  'a + in a topic filter is not a whole level',
  '[MQTT-4.7.1-2]',
)
const FILTER_LEVELS = new DecodeFailure(
  TOPIC_FILTER_INVALID,
  'the topic filter has too many levels',
)
const FILTER_LONG = new DecodeFailure(
  TOPIC_FILTER_INVALID,
  'the topic filter is longer than 65535 bytes',
  '[MQTT-4.7.3-3]',
)
const SHARE_NAME_EMPTY = new DecodeFailure(
  TOPIC_FILTER_INVALID,
  'the group of a shared subscription is empty',
  '[MQTT-4.8.2-1]',
)
const SHARE_NAME_BAD = new DecodeFailure(
  TOPIC_FILTER_INVALID,
  'the group of a shared subscription contains a wildcard',
  '[MQTT-4.8.2-2]',
)
const SHARE_WITHOUT_FILTER = new DecodeFailure(
  TOPIC_FILTER_INVALID,
  'a shared subscription has no topic filter',
  '[MQTT-4.8.2-2]',
)

const SLASH = 0x2f
const PLUS = 0x2b
const HASH = 0x23

const SHARE_PREFIX = '$share/'
const SHARE_BYTES = Buffer.from(SHARE_PREFIX)

/**
 * Checks the bytes of a topic name: UTF-8 without U+0000 (0x81), not empty, no `+` or `#`, at
 * most `levelsMax` levels (0x90). Allocates nothing.
 */
export function validateTopicName(
  bytes: Uint8Array,
  start: number,
  end: number,
  levelsMax: number = TOPIC_LEVELS_MAX_DEFAULT,
): DecodeFailure | undefined {
  if (start >= end) return NAME_EMPTY // [MQTT-4.7.3-1]
  let levels = 1
  let all = 0
  for (let at = start; at < end; at++) {
    const byte = bytes[at]! // In range: `at < end`.
    all |= byte
    if (byte === SLASH) levels++
    else if (byte === PLUS || byte === HASH) return NAME_WILDCARD // [MQTT-3.3.2-2] [MQTT-4.7.0-1]
    else if (byte === 0) return textFailure(bytes, start, end) // [MQTT-4.7.3-2]
  }
  if (all >= 0x80 && !isMqttUtf8(bytes, start, end)) return BAD_UTF8 // [MQTT-3.3.2-1]
  return levels > levelsMax ? NAME_LEVELS : undefined
}

/** `validateTopicName` for a string (API, rules): also at most 65535 bytes, no lone surrogate. */
export function validateTopicNameText(
  topic: string,
  levelsMax: number = TOPIC_LEVELS_MAX_DEFAULT,
): DecodeFailure | undefined {
  if (!topic.isWellFormed()) return BAD_UTF8 // [MQTT-1.5.4-1]
  if (utf8Length(topic) > TOPIC_BYTES_MAX) return NAME_LONG // [MQTT-4.7.3-3]
  const bytes = Buffer.from(topic)
  return validateTopicName(bytes, 0, bytes.length, levelsMax)
}

/**
 * Checks the bytes of a topic filter: UTF-8 (0x81); not empty, wildcards well placed, `$share`
 * well-formed, at most `levelsMax` levels (0x8F). Levels of a shared subscription are counted
 * without `$share/{group}/`. Allocates nothing.
 */
export function validateTopicFilter(
  bytes: Uint8Array,
  start: number,
  end: number,
  levelsMax: number = TOPIC_LEVELS_MAX_DEFAULT,
): DecodeFailure | undefined {
  if (start >= end) return FILTER_EMPTY // [MQTT-4.7.3-1]
  if (!isMqttUtf8(bytes, start, end)) return textFailure(bytes, start, end) // [MQTT-4.7.3-2]
  if (!isSharedBytes(bytes, start, end)) return checkLevels(bytes, start, end, levelsMax)
  const groupStart = start + SHARE_BYTES.length
  let at = groupStart
  while (at < end && bytes[at] !== SLASH) {
    if (bytes[at] === PLUS || bytes[at] === HASH) return SHARE_NAME_BAD // [MQTT-4.8.2-2]
    at++
  }
  if (at === groupStart) return SHARE_NAME_EMPTY // [MQTT-4.8.2-1]
  if (at + 1 >= end) return SHARE_WITHOUT_FILTER // [MQTT-4.8.2-2]
  return checkLevels(bytes, at + 1, end, levelsMax)
}

/** Where wildcards stand in a filter that is not empty, and how many levels it has. */
function checkLevels(
  bytes: Uint8Array,
  start: number,
  end: number,
  levelsMax: number,
): DecodeFailure | undefined {
  let levels = 1
  let levelStart = start
  for (let at = start; at < end; at++) {
    const byte = bytes[at]
    if (byte === SLASH) {
      levels++
      levelStart = at + 1
    } else if (byte === HASH) {
      if (at !== levelStart || at + 1 !== end) return FILTER_HASH // [MQTT-4.7.1-1]
    } else if (byte === PLUS) {
      const alone = at === levelStart && (at + 1 === end || bytes[at + 1] === SLASH)
      if (!alone) return FILTER_PLUS // [MQTT-4.7.1-2]
    }
  }
  return levels > levelsMax ? FILTER_LEVELS : undefined
}

function isSharedBytes(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < SHARE_BYTES.length) return false
  for (let i = 0; i < SHARE_BYTES.length; i++) {
    if (bytes[start + i] !== SHARE_BYTES[i]) return false
  }
  return true
}

/** `validateTopicFilter` for a string, as `decodeSubscribe` gives it or from API and rules. */
export function validateTopicFilterText(
  filter: string,
  levelsMax: number = TOPIC_LEVELS_MAX_DEFAULT,
): DecodeFailure | undefined {
  if (!filter.isWellFormed()) return BAD_UTF8 // [MQTT-1.5.4-1]
  if (utf8Length(filter) > TOPIC_BYTES_MAX) return FILTER_LONG // [MQTT-4.7.3-3]
  const bytes = Buffer.from(filter)
  return validateTopicFilter(bytes, 0, bytes.length, levelsMax)
}

/** True when the filter asks for a shared subscription (`$share/…`), well-formed or not. */
export function isSharedFilter(filter: string): boolean {
  return filter.startsWith(SHARE_PREFIX)
}

/** Parts of a well-formed `$share/{group}/{filter}`. */
export interface SharedFilter {
  group: string
  filter: string
}

/**
 * Splits `$share/{group}/{filter}`, which `isSharedFilter` has recognised. Failure 0x8F when the
 * group is empty [MQTT-4.8.2-1] or has `+` or `#`, or when no filter follows it [MQTT-4.8.2-2].
 * Wildcards in the inner filter are for `validateTopicFilterText`.
 */
export function parseSharedFilter(filter: string): SharedFilter | DecodeFailure {
  const slash = filter.indexOf('/', SHARE_PREFIX.length)
  const group = filter.slice(SHARE_PREFIX.length, slash === -1 ? filter.length : slash)
  if (group === '') return SHARE_NAME_EMPTY // [MQTT-4.8.2-1]
  if (group.includes('+') || group.includes('#')) return SHARE_NAME_BAD // [MQTT-4.8.2-2]
  if (slash === -1 || slash + 1 === filter.length) return SHARE_WITHOUT_FILTER // [MQTT-4.8.2-2]
  return { group, filter: filter.slice(slash + 1) }
}
