import { DecodeFailure, isFailure } from '#codec/mqtt/decode-failure.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { validateTopicNameText } from '#codec/mqtt/topic.ts'

export const DELAYED_PREFIX = '$delayed/'
/** `$delayed` and the seconds do not count as levels of the topic. */
export const DELAYED_LEVELS = 2

/** Numbers from here on are seconds since the epoch; it is also the longest delay in seconds. */
export const DELAY_SECONDS_MAX = 4_294_967

const NUMBER_CHARS_MAX = 15
const NO_NUMBER = new DecodeFailure(
  ReasonCode.TOPIC_NAME_INVALID,
  '$delayed/ is not followed by a number of seconds and a topic',
)
const TOO_LATE = new DecodeFailure(
  ReasonCode.TOPIC_NAME_INVALID,
  'the time is more than 4294967 seconds ahead',
)
const NESTED = new DecodeFailure(
  ReasonCode.TOPIC_NAME_INVALID,
  'a delayed message cannot be delayed again',
)

/** What a publish to `$delayed/…` asks for. */
export interface DelayedTarget {
  readonly topic: string
  /** Wall clock in ms at which it is to be published; in the past = at once. */
  readonly dueAtMs: number
}

/**
 * Reads `$delayed/{seconds}/{topic}`: numbers below 4294967 are relative to `nowMs`, others are
 * seconds since the epoch. Failure 0x90 when there is no number or no valid topic, and when the
 * time is too far ahead.
 */
export function parseDelayedTopic(
  text: string,
  nowMs: number,
  topicLevelsMax: number,
): DelayedTarget | DecodeFailure {
  const numberEnd = text.indexOf('/', DELAYED_PREFIX.length)
  if (!text.startsWith(DELAYED_PREFIX) || numberEnd === -1) return NO_NUMBER
  const dueAtMs = dueTime(text.slice(DELAYED_PREFIX.length, numberEnd), nowMs)
  if (isFailure(dueAtMs)) return dueAtMs
  const topic = text.slice(numberEnd + 1)
  if (topic.startsWith(DELAYED_PREFIX)) return NESTED
  const invalid = validateTopicNameText(topic, topicLevelsMax)
  if (invalid !== undefined) return invalid
  return { topic, dueAtMs }
}

/** Length of `$delayed/{number}/` in front of the topic; of `$delayed/` when it is malformed. */
export function delayedPrefixLength(text: string): number {
  const numberEnd = text.indexOf('/', DELAYED_PREFIX.length)
  return numberEnd === -1 ? DELAYED_PREFIX.length : numberEnd + 1
}

function dueTime(digits: string, nowMs: number): number | DecodeFailure {
  if (digits.length > NUMBER_CHARS_MAX || !/^[0-9]+$/u.test(digits)) return NO_NUMBER
  const seconds = Number(digits)
  if (seconds < DELAY_SECONDS_MAX) return nowMs + seconds * 1000
  const dueAtMs = seconds * 1000
  return dueAtMs - nowMs > DELAY_SECONDS_MAX * 1000 ? TOO_LATE : dueAtMs
}
