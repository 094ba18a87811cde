import { Table } from '#broker/ports.ts'
import type { KvStore, StoreFailure } from '#broker/ports.ts'
import type { Prng } from '../engine/prng.ts'
import { Sabotage } from '../scenario.ts'

const LOSS_CHANCE = 0.1

/** A store with a fault that the checkers must find. */
export class BadStore implements KvStore {
  readonly #store: KvStore
  readonly #sabotage: Sabotage
  readonly #prng: Prng

  constructor(store: KvStore, sabotage: Sabotage, prng: Prng) {
    this.#store = store
    this.#sabotage = sabotage
    this.#prng = prng
  }

  /** True when this sabotage needs a bad store. */
  static does(sabotage: Sabotage): boolean {
    const { STORE_LIES, STORE_KEEPS, STORE_LOSES } = Sabotage
    return sabotage === STORE_LIES || sabotage === STORE_KEEPS || sabotage === STORE_LOSES
  }

  get healthy(): boolean {
    return this.#store.healthy
  }

  get pendingBytes(): number {
    return this.#store.pendingBytes
  }

  put(table: Table, key: string, value: Uint8Array, fresh?: boolean): void {
    const loses = this.#sabotage === Sabotage.STORE_LOSES && table === Table.RETAINED
    if (loses && this.#prng.chance(LOSS_CHANCE)) return
    this.#store.put(table, key, value, fresh)
  }

  remove(table: Table, key: string): void {
    if (this.#sabotage === Sabotage.STORE_KEEPS && table === Table.SUBSCRIPTIONS) return
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
    if (this.#sabotage === Sabotage.STORE_LIES) done(undefined)
    else this.#store.barrier(done)
  }

  commit(): void {
    this.#store.commit()
  }
}
