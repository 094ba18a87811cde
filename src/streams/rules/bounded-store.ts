import type { ValueStore } from '#plugin/define-function.ts'
import type { Value } from '#plugin/value.ts'

/** Values by key, at most so many: the one that was set longest ago gives way. */
export class BoundedStore implements ValueStore {
  readonly #values: Map<string, Value>
  readonly #entriesMax: number

  constructor(entriesMax: number) {
    this.#values = new Map()
    this.#entriesMax = entriesMax
  }

  get(key: string): Value {
    return this.#values.get(key)
  }

  set(key: string, value: Value): void {
    this.#values.delete(key)
    this.#values.set(key, value)
    if (this.#values.size <= this.#entriesMax) return
    const [oldest] = this.#values.keys()
    if (oldest !== undefined) this.#values.delete(oldest)
  }

  delete(key: string): void {
    this.#values.delete(key)
  }
}
