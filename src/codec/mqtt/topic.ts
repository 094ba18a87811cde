import type { DecodeFailure } from './decode-failure.ts'

/** Most levels of a topic unless the caller says otherwise: what 65535 bytes can hold. */
export const TOPIC_LEVELS_MAX_DEFAULT = 65_536

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
  throw new Error(`${bytes} ${start} ${end} ${levelsMax}`)
}

/** `validateTopicName` for a string (API, rules): also at most 65535 bytes, no lone surrogate. */
export function validateTopicNameText(
  topic: string,
  levelsMax: number = TOPIC_LEVELS_MAX_DEFAULT,
): DecodeFailure | undefined {
  throw new Error(`${topic} ${levelsMax}`)
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
  throw new Error(`${bytes} ${start} ${end} ${levelsMax}`)
}

/** `validateTopicFilter` for a string, as `decodeSubscribe` gives it or from API and rules. */
export function validateTopicFilterText(
  filter: string,
  levelsMax: number = TOPIC_LEVELS_MAX_DEFAULT,
): DecodeFailure | undefined {
  throw new Error(`${filter} ${levelsMax}`)
}

/** True when the filter asks for a shared subscription (`$share/…`), well-formed or not. */
export function isSharedFilter(filter: string): boolean {
  return filter.startsWith('$share/')
}

/** Parts of a well-formed `$share/{group}/{filter}`. */
export interface SharedFilter {
  group: string
  filter: string
}

/**
 * Splits `$share/{group}/{filter}`. Failure 0x8F when the group is empty or has `+` or `#`
 * [MQTT-4.8.2-1], or when no filter follows it [MQTT-4.8.2-2].
 */
export function parseSharedFilter(filter: string): SharedFilter | DecodeFailure {
  throw new Error(filter)
}
