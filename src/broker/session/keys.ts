import { keyBytes, readU16, readU48, u16Key, u32Key, u48Key, u8Key } from '#kernel/binary-key.ts'

/**
 * Keys of a session's records. Keys are binary strings, one char a byte, ordered by byte.
 *
 * A session is named in keys by its `storeKey` (unique for ever: run, shard, number), not by its
 * client id, so that ending a session and starting one of the same name never mix.
 */

/** Length of a session's store key in bytes. */
export const STORE_KEY_BYTES = 9

/** Start of all keys that are made in one run of the process. */
export function runKey(run: number): string {
  return u32Key(run)
}

/** What makes the keys of one shard in one run of the process unique. */
export function runPrefix(run: number, shard: number): string {
  return runKey(run) + u8Key(shard)
}

/** Key of the `number`-th session or body under a run prefix; 9 bytes. */
export function numberedKey(prefix: string, number: number): string {
  return prefix + u32Key(number)
}

/** Start of the keys of one lane of a queue. */
export function laneKey(storeKey: string, order: number): string {
  return storeKey + u16Key(order)
}

/** Key of one message of a queue. */
export function queueKey(storeKey: string, order: number, sequence: number): string {
  return storeKey + u16Key(order) + u48Key(sequence)
}

/** Lane of a queue key. */
export function laneOfKey(key: string): number {
  return readU16(key, STORE_KEY_BYTES)
}

/** Sequence number of a queue key. */
export function sequenceOfKey(key: string): number {
  return readU48(key, STORE_KEY_BYTES + 2)
}

/** Key of an incoming QoS 2 packet identifier that was acknowledged and not yet released. */
export function incomingKey(storeKey: string, packetId: number): string {
  return storeKey + u16Key(packetId)
}

/** A key for logs. */
export function hexOfKey(key: string): string {
  return keyBytes(key).toString('hex')
}
