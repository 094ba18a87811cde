import type { Plain } from '#config/hocon/value.ts'
import type { ConfigEdit, ConfigPlan } from '../config-port.ts'
import { ApiError } from '../http/api-error.ts'
import { currentCaller } from '../http/current-caller.ts'
import { applyConfig, type ConfigParts } from './apply-config.ts'
import { planConfig, replacing } from './plan-config.ts'

/** Changes that may wait for their turn. */
const WAITING_MAX = 1000

/** What decides who gets in as a user or as a key, which no key may. */
const WHO_GETS_IN = [['dashboard', 'sso'], ['api_key']] as const

/** What one may do whose turn it is: nobody else changes the configuration meanwhile. */
export interface ConfigTurn {
  /**
   * Sets a part of the configuration, or with null takes it away; objects are merged with what is
   * there. Resolves when the node obeys it and it is kept.
   * @param value came as JSON
   * @param bodyAt what the body of the request stands for, when that is not the whole part
   * @throws ApiError 400 with every problem and its place in the body, 409 for what the environment
   * decides, 403 for what the caller may not change; nothing has changed then
   */
  set(path: readonly string[], value: unknown, bodyAt?: readonly string[]): Promise<void>
  /** As `set`, but what the value lacks is taken away, however deep. */
  replace(path: readonly string[], value: unknown): Promise<void>
  /** Makes an edit of any kind. Throws as `set`. */
  edit(edit: ConfigEdit): Promise<ConfigPlan>
}

/**
 * The one way to change the configuration: changes come one after the other, and each is obeyed by
 * all parts of the node and kept, or neither.
 */
export class ConfigChanges {
  readonly #turn: ConfigTurn
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  /** @param committed is called after each change that holds */
  constructor(parts: ConfigParts, committed: () => void) {
    const make = async (edit: ConfigEdit, bodyAt: readonly string[]): Promise<ConfigPlan> => {
      const plan = planConfig(parts, bodyAt, edit)
      checkCaller(plan)
      await applyConfig(parts, plan)
      committed()
      return plan
    }
    this.#turn = {
      async set(path, value, bodyAt = path) {
        await make({ kind: 'set', path, value: value as Plain }, bodyAt) // Came as JSON.
      },
      async replace(path, value) {
        const whole = replacing(parts.node.config.shown(path), value)
        await make({ kind: 'set', path, value: whole as Plain }, path) // Came as JSON.
      },
      edit: (edit) => make(edit, 'path' in edit ? edit.path : []),
    }
  }

  /**
   * Has `work` done when it is its turn; what it reads of the configuration holds until it has
   * settled. It must not ask for a turn itself.
   * @throws what `work` throws; ApiError 503 when too many wait
   */
  async inTurn<Result>(work: (turn: ConfigTurn) => Promise<Result>): Promise<Result> {
    if (this.#waiting >= WAITING_MAX) {
      const message = `${WAITING_MAX} changes of the configuration wait already.`
      throw new ApiError(503, 'SERVICE_UNAVAILABLE', message)
    }
    this.#waiting++
    const done = this.#last.then(() => work(this.#turn))
    this.#last = done.catch(() => {})
    try {
      return await done
    } finally {
      this.#waiting--
    }
  }
}

/** @throws ApiError 403 when a key would decide who gets in: so it could become a user itself */
function checkCaller({ changes }: ConfigPlan): void {
  if (currentCaller().kind !== 'key') return
  for (const { path } of changes) {
    const part = WHO_GETS_IN.find((keys) => keys.every((key, at) => (path[at] ?? key) === key))
    if (part === undefined) continue
    const message =
      `API keys may not change ${part.join('.')}, which decides who gets in: ` +
      'log in as an administrator for that.'
    throw new ApiError(403, 'UNAUTHORIZED_ROLE', message)
  }
}
