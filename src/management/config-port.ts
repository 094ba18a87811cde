import type { Change } from '#config/diff.ts'
import type { ExplainedKey } from '#config/explain.ts'
import type { Plain } from '#config/hocon/value.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'

/** How the configuration is to be changed at run time. */
export type ConfigEdit =
  /** Sets a part, or with null takes it away; objects are merged with what is there. */
  | { readonly kind: 'set'; readonly path: readonly string[]; readonly value: Plain }
  /**
   * HOCON, merged with what is there; `replace`: the roots in it replace what was changed. Some
   * roots of it can be passed over.
   */
  | {
      readonly kind: 'text'
      readonly text: string
      readonly replace: boolean
      readonly without: readonly string[]
    }
  /** Takes changes of a part back: what the files say holds again. */
  | { readonly kind: 'reset'; readonly path: readonly string[] }
  /** All that is to be changed at run time, in place of what was. */
  | { readonly kind: 'overlay'; readonly text: string }

/** What an edit makes of the configuration. */
export interface ConfigPlan {
  readonly config: TidewayConfig
  readonly changes: readonly Change[]
  /** All that is changed at run time then. */
  readonly text: string
}

/** The configuration and how it is changed at run time. */
export interface ConfigPort {
  readonly current: TidewayConfig
  /** A part as it would be written, secrets hidden; undefined when there is none. */
  shown(path: readonly string[]): Plain | undefined
  /** Every key at and below a path with its value and its origin. */
  explain(path: readonly string[]): readonly ExplainedKey[]
  /** What differs from the defaults, or from what this process was started with. */
  changesSince(since: 'default' | 'start'): readonly Change[]
  /**
   * What an edit would do; nothing is changed by this.
   * @throws ConfigRefusal
   */
  plan(edit: ConfigEdit): ConfigPlan
  /** Makes what was planned the configuration, and keeps it over a restart. */
  commit(plan: ConfigPlan): void
  /** All that was changed at run time, as text. */
  snapshot(): string
  /** Calls after every change; a watcher must not throw. */
  watch(watcher: (plan: ConfigPlan) => void): void
}

/** A change of the configuration that was not made. */
export class ConfigRefusal extends Error {
  override readonly name = 'ConfigRefusal'
  /** `pinned`: the environment decides. */
  readonly kind: 'invalid' | 'pinned'
  readonly problems: readonly string[]
  /** What each of them is about. */
  readonly paths: readonly (readonly string[])[]

  constructor(
    kind: ConfigRefusal['kind'],
    problems: readonly string[],
    paths: ConfigRefusal['paths'] = [],
  ) {
    super(problems.join('; '))
    this.kind = kind
    this.problems = problems
    this.paths = paths
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
  /**
   * Has one that runs go by the configuration, apart from its socket; its clients stay.
   * @throws an Error that says why, when it cannot
   */
  update(config: TidewayConfig, id: string): Promise<void>
  /** False when it does not run. */
  stop(id: string): Promise<boolean>
}
