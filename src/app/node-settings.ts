import { MeterPlaces } from '#access/authentication/authenticator-meter.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import { toAccessSettings, toBrokerSettings, toOverloadSettings } from './settings.ts'
import type { ShardControl } from './shard-runtime.ts'
import type { ShardSettings } from './shard-start.ts'
import { toTracingSettings } from './tracing-settings.ts'

/** What all shards of a node obey, and how it is changed while they run. */
export class NodeSettings {
  /** Numbers of authenticators. */
  readonly meters: MeterPlaces
  readonly #version: string
  #current: TidewayConfig
  /** Changes come one after the other. */
  #changing: Promise<void> = Promise.resolve()

  /** @param meters memory for the numbers of authenticators, see `METERS_BYTES` */
  constructor(config: TidewayConfig, version: string, meters: SharedArrayBuffer) {
    this.#current = config
    this.#version = version
    this.meters = new MeterPlaces(meters)
  }

  /** What shards are started with. */
  get current(): ShardSettings {
    return this.#settingsOf(this.#current)
  }

  /**
   * Has all shards obey another configuration.
   * @throws an Error that names what cannot work; all shards obey the former one then
   */
  change(shards: readonly ShardControl[], config: TidewayConfig): Promise<void> {
    const changing = this.#changing.then(() => this.#change(shards, config))
    this.#changing = changing.catch(() => {})
    return changing
  }

  async #change(shards: readonly ShardControl[], config: TidewayConfig): Promise<void> {
    try {
      await tell(shards, this.#settingsOf(config))
      this.#current = config
    } catch (error) {
      await tell(shards, this.current)
      throw error
    }
  }

  #settingsOf(config: TidewayConfig): ShardSettings {
    return {
      broker: toBrokerSettings(config, this.#version),
      access: toAccessSettings(config, (names) => this.meters.assign(names)),
      tracing: toTracingSettings(config),
      overload: toOverloadSettings(config),
    }
  }
}

/** Resolves or rejects when all shards have answered. */
async function tell(shards: readonly ShardControl[], settings: ShardSettings): Promise<void> {
  const answers = await Promise.allSettled(shards.map((shard) => shard.configure(settings)))
  for (const answer of answers) if (answer.status === 'rejected') throw answer.reason
}
