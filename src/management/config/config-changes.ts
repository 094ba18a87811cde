import type { Plain } from '#config/hocon/value.ts'
import { planConfig } from '../routes/change-config.ts'
import { applyConfig, type ConfigParts } from './apply-config.ts'

/** A change of one part of the configuration. */
export interface ConfigChange {
  readonly path: readonly string[]
  /**
   * The new value of the part; computed when it is the turn of this change. Null takes it away.
   * @throws ApiError when the change makes no sense: nothing has changed then
   */
  readonly valueOf: () => Plain
  /** What the body of the request stands for, when that is not the whole part. */
  readonly bodyAt?: () => readonly string[]
}

/** Changes of the configuration, one after the other: kept and obeyed by all shards, or neither. */
export class ConfigChanges {
  readonly #parts: ConfigParts
  #last: Promise<void> = Promise.resolve()

  constructor(parts: ConfigParts) {
    this.#parts = parts
  }

  /**
   * Makes a change. Resolves when all shards obey it.
   * @throws ApiError 400 with every problem and its place, 409 for what the environment decides
   */
  make({ path, valueOf, bodyAt }: ConfigChange): Promise<void> {
    const made = this.#last.then(async () => {
      const edit = { kind: 'set', path, value: valueOf() } as const
      await applyConfig(this.#parts, planConfig(this.#parts, bodyAt?.() ?? path, edit))
    })
    this.#last = made.catch(() => {})
    return made
  }
}
