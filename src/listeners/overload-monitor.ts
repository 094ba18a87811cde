import type { Log } from '#broker/ports.ts'

/** When a thread counts as overloaded, and whose new connections are refused then. */
export interface OverloadSettings {
  /** How late the event loop may be. */
  readonly lagMsMax: number
  /** Part of the memory that may be in use, 0 to 1. */
  readonly memoryMax: number
  /** In zones that say nothing about it. */
  readonly isRefusing: boolean
  readonly zones: ReadonlyMap<string, boolean>
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
  /** Plain field: asked for every connection. */
  isOverloaded: boolean
  #settings: OverloadSettings
  readonly #log: Log
  #easedCount: number

  constructor(settings: OverloadSettings, log: Log) {
    this.isOverloaded = false
    this.#settings = settings
    this.#log = log
    this.#easedCount = 0
  }

  /** Whether anybody is refused in times of overload. */
  get isWanted(): boolean {
    const { isRefusing, zones } = this.#settings
    return isRefusing || [...zones.values()].includes(true)
  }

  /** A new connection of this zone is to be refused. */
  refuses(zone: string): boolean {
    if (!this.isOverloaded) return false
    const { isRefusing, zones } = this.#settings
    return zones.get(zone) ?? isRefusing
  }

  /** Obeys other settings. Who does not want to know is not overloaded. */
  configure(settings: OverloadSettings): void {
    this.#settings = settings
    if (!this.isWanted) this.isOverloaded = false
  }

  /** Takes in what was measured. */
  sample({ lagMs, memory }: OverloadSample): void {
    const { lagMsMax, memoryMax } = this.#settings
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
