import type { Log } from '#broker/ports.ts'

/** When a thread counts as overloaded. */
export interface OverloadLimits {
  /** How late the event loop may be. */
  readonly lagMsMax: number
  /** Part of the memory that may be in use, 0 to 1. */
  readonly memoryMax: number
}

/** What was measured. */
export interface OverloadSample {
  /** The longest delay of the event loop since the last sample. */
  readonly lagMs: number
  readonly memory: number
}

/** It is over when what was too high has fallen to this part of its limit … */
const EASED = 0.7
/** … in so many samples one after the other. */
const EASED_SAMPLES = 4

/**
 * Tells whether a thread is overloaded, from samples: at once when a limit is exceeded, no more
 * when everything has been well below for a while.
 */
export class OverloadMonitor {
  /** New connections are to be refused. Plain field: asked for every connection. */
  isOverloaded: boolean
  readonly #limits: OverloadLimits
  readonly #log: Log
  #easedCount: number

  constructor(limits: OverloadLimits, log: Log) {
    this.isOverloaded = false
    this.#limits = limits
    this.#log = log
    this.#easedCount = 0
  }

  sample({ lagMs, memory }: OverloadSample): void {
    const { lagMsMax, memoryMax } = this.#limits
    if (lagMs > lagMsMax || memory > memoryMax) {
      this.#easedCount = 0
      if (!this.isOverloaded) this.#log.error('overload_begins', { lagMs, memory })
      this.isOverloaded = true
      return
    }
    if (!this.isOverloaded) return
    const isEased = lagMs <= lagMsMax * EASED && memory <= memoryMax * EASED
    this.#easedCount = isEased ? this.#easedCount + 1 : 0
    if (this.#easedCount < EASED_SAMPLES) return
    this.isOverloaded = false
    this.#log.warn('overload_is_over', { lagMs, memory })
  }
}
