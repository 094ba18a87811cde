import type { MessageTap } from './routes.ts'

/** The taps of a filter, in the order they came in. A change costs the same among many as few. */
export class TapSet {
  readonly #taps: Set<MessageTap> = new Set()
  /** Made when somebody asks after a change. */
  #list: readonly MessageTap[] | undefined

  get size(): number {
    return this.#taps.size
  }

  /** All of them; a list that is replaced, never changed. */
  get list(): readonly MessageTap[] {
    this.#list ??= [...this.#taps]
    return this.#list
  }

  /** False when it is there already. */
  add(tap: MessageTap): boolean {
    if (this.#taps.has(tap)) return false
    this.#taps.add(tap)
    this.#list = undefined
    return true
  }

  /** False when it is not there. */
  delete(tap: MessageTap): boolean {
    if (!this.#taps.delete(tap)) return false
    this.#list = undefined
    return true
  }
}
