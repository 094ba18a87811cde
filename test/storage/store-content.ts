import { Table, type KvStore, type StoreFailure } from '#broker/ports.ts'
import { KEY_END } from '#kernel/binary-key.ts'

/** Content that outlives its stores; the kit makes a new one for every test. */
export interface StoreContent {
  /** A further store over the content, as another thread has it. */
  open(): KitStore
  /** Closes all stores that are open, and opens one over what is durable. */
  reopen(): Promise<KitStore>
  /** Closes and deletes everything. */
  remove(): Promise<void>
}

/** A store that can be closed. */
export interface KitStore extends KvStore {
  close(): Promise<StoreFailure | undefined>
}

export type ContentFactory = () => Promise<StoreContent>

/** Bytes of a text. */
export function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}

/** Text of bytes; undefined stays. */
export function text(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : Buffer.from(value).toString('latin1')
}

/** Ends the tick and waits until it is durable. */
export function committed(store: KvStore): Promise<StoreFailure | undefined> {
  return new Promise((resolve) => {
    store.barrier(resolve)
    store.commit()
  })
}

/** What a scan visits, as `key=value` texts. */
export function scanned(store: KvStore, from = '', to = KEY_END, table: Table = Table.QUEUE) {
  const found: string[] = []
  store.scan(table, from, to, (key, value) => found.push(`${key}=${text(value)}`) > 0)
  return found
}
