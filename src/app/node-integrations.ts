import { isDeepStrictEqual } from 'node:util'
import type { Log } from '#broker/ports.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import { RateMeter } from '#kernel/rate-meter.ts'
import { ACTION_COUNTER_NAMES } from '#integrations/runtime/action-counters.ts'
import type {
  IntegrationCommand,
  IntegrationId,
  IntegrationReading,
  IntegrationSpec,
} from '#integrations/integration-spec.ts'
import type { IntegrationStatus } from '#integrations/runtime/connector-runtime.ts'
import { toIntegrationSpecs } from './integration-settings.ts'
import type { ShardControl } from './shard-runtime.ts'

/** How a connector, action or source does in the whole node. */
export interface NodeIntegration extends IntegrationId {
  readonly status: IntegrationStatus
  /** Counters and gauges by name, with rates. */
  readonly metrics: Readonly<Record<string, number>>
}

const MEASURE_MS = 5000
/** The worst of the shards is that of the node. */
const WORST_FIRST = ['disconnected', 'connecting', 'connected'] as const

/** The connectors, actions and sources of a node: changes reach every shard. */
export class NodeIntegrations {
  readonly #log: Log
  readonly #meters = new Map<string, RateMeter>()
  #specs: readonly IntegrationSpec[]
  #shards: readonly ShardControl[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(config: TidewayConfig, log: Log) {
    this.#log = log
    this.#specs = toIntegrationSpecs(config)
  }

  /** What shards are to be started with. */
  get specs(): readonly IntegrationSpec[] {
    return this.#specs
  }

  /** The shards that run them, once they have started. */
  use(shards: readonly ShardControl[]): void {
    this.#shards = shards
    this.#timer = setInterval(() => void this.#measure(), MEASURE_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Has all shards obey another configuration: what differs is made anew, the rest goes on. */
  async apply(config: TidewayConfig): Promise<void> {
    const before = new Map(this.#specs.map((spec) => [keyOf(spec), spec]))
    const specs = toIntegrationSpecs(config)
    const after = new Set(specs.map(keyOf))
    this.#specs = specs
    // Connectors come first in the list: they go last, and come first.
    for (const old of [...before.values()].toReversed()) {
      if (!after.has(keyOf(old))) await this.#tell({ do: 'remove', id: idOf(old) })
    }
    for (const spec of specs) {
      if (isDeepStrictEqual(before.get(keyOf(spec)), spec)) continue
      await this.#tell({ do: 'put', spec })
    }
  }

  /** How all of them do. */
  async read(): Promise<readonly NodeIntegration[]> {
    const answers = await this.#tell({ do: 'read' })
    // Shards answer this command with readings.
    const readings = (answers as readonly (readonly IntegrationReading[])[]).flat()
    return [...Map.groupBy(readings, keyOf).values()].flatMap((parts) => {
      const [first] = parts
      return first === undefined ? [] : [this.#sum(first, parts)]
    })
  }

  /** Connects again what is not connected. */
  async start(id: IntegrationId): Promise<void> {
    await this.#tell({ do: 'start', id })
  }

  /** Sets the counters to zero. */
  async reset(id: IntegrationId): Promise<void> {
    await this.#tell({ do: 'reset', id })
    this.#meters.get(keyOf(id))?.reset()
  }

  /**
   * Tries a configuration on its connector without keeping it.
   * @returns what is wrong, or undefined
   */
  async probe(spec: IntegrationSpec, connector: IntegrationSpec): Promise<string | undefined> {
    const answer = await this.#shards[0]?.integrations({ do: 'probe', spec, connector })
    return typeof answer === 'string' ? answer : undefined
  }

  async #measure(): Promise<void> {
    if (this.#specs.length === 0) return
    try {
      const nowMs = performance.now()
      for (const one of await this.read()) {
        if (one.kind === 'connector') continue
        const key = keyOf(one)
        const meter = this.#meters.get(key) ?? new RateMeter()
        this.#meters.set(key, meter)
        const { matched = 0, received = 0 } = one.metrics
        meter.sample(matched + received, nowMs)
      }
      const known = new Set(this.#specs.map(keyOf))
      for (const key of this.#meters.keys()) if (!known.has(key)) this.#meters.delete(key)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#log.warn('integration_rates_not_measured', { reason })
    }
  }

  #sum(first: IntegrationReading, parts: readonly IntegrationReading[]): NodeIntegration {
    const { kind, type, name } = first
    const { rate, max, last5m } = this.#meters.get(keyOf(first)) ?? NO_RATES
    const counts = ACTION_COUNTER_NAMES.map((counter, index) => {
      return [counter, parts.reduce((sum, part) => sum + (part.counters[index] ?? 0), 0)] as const
    })
    const metrics = {
      ...Object.fromEntries(counts),
      rate,
      rate_max: max,
      rate_last5m: last5m,
    }
    return { kind, type, name, status: worstOf(parts), metrics }
  }

  #tell(command: IntegrationCommand): Promise<readonly unknown[]> {
    return Promise.all(this.#shards.map((shard) => shard.integrations(command)))
  }
}

const NO_RATES = { rate: 0, max: 0, last5m: 0 }

function worstOf(parts: readonly IntegrationReading[]): IntegrationStatus {
  for (const status of WORST_FIRST) {
    const found = parts.filter((part) => part.status.status === status)
    const telling = found.find((part) => part.status.reason !== '') ?? found[0]
    if (telling !== undefined) return telling.status
  }
  return { status: 'disconnected', reason: 'no shard runs it' }
}

function idOf({ kind, type, name }: IntegrationId): IntegrationId {
  return { kind, type, name }
}

function keyOf({ kind, type, name }: IntegrationId): string {
  return `${kind} ${type}:${name}`
}
