import type { Plain } from '#config/hocon/value.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'

/** The configuration and how it is changed at run time. */
export interface ConfigPort {
  readonly current: TidewayConfig
  /** A part as it would be written, secrets hidden; undefined when there is none. */
  shown(path: readonly string[]): Plain | undefined
  /**
   * Sets a part, or with null takes it away, and keeps it over a restart.
   * @throws ConfigRefusal; nothing has changed then
   */
  change(path: readonly string[], value: Plain): TidewayConfig
  /** What `restore` goes back to. */
  snapshot(): unknown
  /** Takes back all changes since the snapshot. */
  restore(snapshot: unknown): TidewayConfig
}

/** A change of the configuration that was not made. */
export class ConfigRefusal extends Error {
  override readonly name = 'ConfigRefusal'
  /** `pinned`: the environment decides. */
  readonly kind: 'invalid' | 'pinned'
  readonly problems: readonly string[]

  constructor(kind: ConfigRefusal['kind'], problems: readonly string[]) {
    super(problems.join('; '))
    this.kind = kind
    this.problems = problems
  }
}

/** A listener as it runs. */
export interface RunningListener {
  readonly id: string
  readonly host: string
  /** The real port where the configuration says 0. */
  readonly port: number
  readonly connections: number
}

/** Starts and stops listeners. */
export interface ListenerPort {
  running(): readonly RunningListener[]
  /** @throws an Error that says why, when it cannot listen */
  start(config: TidewayConfig, id: string): Promise<void>
  /** False when it does not run. */
  stop(id: string): Promise<boolean>
}
