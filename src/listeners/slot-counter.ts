/**
 * Counts what several threads share: one number in shared memory.
 *
 * Limits on it hold exactly for the whole process, whichever thread takes the last place.
 */
export class SlotCounter {
  readonly #memory: Int32Array
  readonly #index: number

  /** @param memory over a SharedArrayBuffer when several threads share it */
  constructor(memory: Int32Array, index: number) {
    this.#memory = memory
    this.#index = index
  }

  get value(): number {
    return Atomics.load(this.#memory, this.#index)
  }

  /** Takes a place; false when `max` are taken. */
  take(max: number): boolean {
    if (Atomics.add(this.#memory, this.#index, 1) < max) return true
    Atomics.sub(this.#memory, this.#index, 1)
    return false
  }

  /** Gives a place back. */
  give(): void {
    Atomics.sub(this.#memory, this.#index, 1)
  }
}
