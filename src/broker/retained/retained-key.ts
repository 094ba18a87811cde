import { textKey, u32Key, u8Key } from '#kernel/binary-key.ts'
import { hashString } from '#kernel/hash.ts'

/**
 * Keys of retained messages: the topic's UTF-8 bytes with a zero byte for each `/`.
 *
 * No topic has a zero byte in it, and none is less than it: so a topic sorts right before its
 * children, a subtree is one range (`a`, `a\0…`), and all topics of one value of a level stand
 * together, also with empty levels. Order is the order of the UTF-8 bytes, level by level.
 *
 * A store takes no key of 65535 bytes. A topic longer than `KEY_TOPIC_BYTES_MAX` gets its first
 * bytes, 0xFF (which UTF-8 never has) and a hash; its record tells the whole topic.
 */
export const KEY_TOPIC_BYTES_MAX = 1_024

/** Above all keys: no topic starts with a byte like this. */
export const TABLE_END = '\xff'
/** At or below all keys: the topic `/`. */
export const TABLE_START = '\0'

const LONG_MARK = '\xff'

/** Long topics of equal hash and equal beginning that can be kept at the same time. */
export const LONG_KEY_PROBES = 4

/** The topic as a binary string that sorts as described, of any length. */
export function topicOrder(topic: string): string {
  return textKey(topic).replaceAll('/', '\0')
}

/** True when the topic, as `topicOrder` gives it, is too long to be a key itself. */
export function isLongTopic(order: string): boolean {
  return order.length > KEY_TOPIC_BYTES_MAX
}

/** The `probe`-th possible key of a long topic. */
export function longTopicKey(order: string, probe: number): string {
  return order.slice(0, KEY_TOPIC_BYTES_MAX) + LONG_MARK + u32Key(hashString(order)) + u8Key(probe)
}

/** True when the key is that of a long topic: then it tells only the beginning. */
export function isLongKey(key: string): boolean {
  return key.length > KEY_TOPIC_BYTES_MAX && key.charCodeAt(KEY_TOPIC_BYTES_MAX) === 0xff
}

/** Where keys of topics from `order` on begin. */
export function keyFrom(order: string): string {
  return isLongTopic(order) ? order.slice(0, KEY_TOPIC_BYTES_MAX) : order
}

/** Where keys of topics below `order` end: the least key that is not needed any more. */
export function keyBefore(order: string): string {
  return isLongTopic(order) ? order.slice(0, KEY_TOPIC_BYTES_MAX) + LONG_MARK + LONG_MARK : order
}
