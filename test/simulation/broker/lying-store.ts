import type { KvStore, StoreFailure, Table } from '#broker/ports.ts'

/** A store that promises durability before the commit: a fault the checkers must find. */
export class LyingStore implements KvStore {
  readonly #store: KvStore

  constructor(store: KvStore) {
    this.#store = store
  }

  get healthy(): boolean {
    return this.#store.healthy
  }

  get pendingBytes(): number {
    return this.#store.pendingBytes
  }

  put(table: Table, key: string, value: Uint8Array, fresh?: boolean): void {
    this.#store.put(table, key, value, fresh)
  }

  remove(table: Table, key: string): void {
    this.#store.remove(table, key)
  }

  get(table: Table, key: string): Uint8Array | undefined {
    return this.#store.get(table, key)
  }

  scan(
    table: Table,
    from: string,
    to: string,
    visit: (key: string, value: Uint8Array) => boolean,
  ): void {
    this.#store.scan(table, from, to, visit)
  }

  barrier(done: (failure: StoreFailure | undefined) => void): void {
    done(undefined)
  }

  commit(): void {
    this.#store.commit()
  }
}
