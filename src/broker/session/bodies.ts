import { u48Key } from '#kernel/binary-key.ts'
import type { Message } from '../message.ts'
import { Table } from '../ports.ts'
import type { KvStore } from '../ports.ts'
import { encodeBody } from './outgoing-record.ts'

/** Payloads below this many bytes are kept in each queue record instead. */
const BODY_BYTES_MIN = 32

/**
 * Message bodies stored once for several queues.
 *
 * Counts references to the bodies this shard stored in this run. Bodies of earlier runs get no
 * new references; `BodySweep` removes those that no queue refers to any more.
 */
export class Bodies {
  readonly #store: KvStore
  readonly #prefix: string
  readonly #references: Map<string, number>
  #next: number

  /** @param prefix what no other shard and no other run uses */
  constructor(store: KvStore, prefix: string) {
    this.#store = store
    this.#prefix = prefix
    this.#references = new Map()
    this.#next = 0
  }

  /** Bodies that are referred to at the moment. */
  get size(): number {
    return this.#references.size
  }

  /** True when this shard counts the references to `key`. */
  owns(key: string): boolean {
    return key.startsWith(this.#prefix)
  }

  /**
   * Notes one more queue record of the message; stores the body at the first.
   * @param shared false: no other queue will want it, keep the body in the record
   * @returns the key to write into the record; empty = inline
   */
  retain(message: Message, shared: boolean): string {
    const references = this.#references.get(message.bodyKey)
    if (references !== undefined) {
      this.#references.set(message.bodyKey, references + 1)
      return message.bodyKey
    }
    if (!shared || message.payloadLength < BODY_BYTES_MIN) return ''
    const key = this.#prefix + u48Key(this.#next++)
    message.bodyKey = key
    this.#store.put(Table.BODIES, key, encodeBody(message), true)
    this.#references.set(key, 1)
    return key
  }

  /** Notes that one queue no longer refers to the body. Only for bodies that this shard owns. */
  release(key: string): void {
    const references = this.#references.get(key)
    if (references === undefined) return
    if (references > 1) {
      this.#references.set(key, references - 1)
      return
    }
    this.#references.delete(key)
    this.#store.remove(Table.BODIES, key)
  }
}
