import type {
  AuthenticatorNumbers,
  MeterPlaces,
} from '#access/authentication/authenticator-meter.ts'
import type { AccessReport } from '#access/shard-access.ts'
import type { Log } from '#broker/ports.ts'
import { RateMeter } from '#kernel/rate-meter.ts'
import type { AccessRate, AccessRateKind } from '#management/access-port.ts'
import type { ShardControl } from './shard-runtime.ts'

const MEASURE_MS = 5000
const NO_RATE: AccessRate = Object.freeze({ rate: 0, max: 0, last5m: 0 })

/** How authenticators and sources of rules of a node are doing, over all shards. */
export class NodeAccess {
  readonly #log: Log
  readonly #meters: MeterPlaces
  /** By kind and name; only of what there is. */
  #rates: ReadonlyMap<string, RateMeter> = new Map()
  #shards: readonly ShardControl[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(meters: MeterPlaces, log: Log) {
    this.#meters = meters
    this.#log = log
  }

  /** The shards, once they have started. */
  use(shards: readonly ShardControl[]): void {
    this.#shards = shards
    this.#timer = setInterval(() => void this.measure(performance.now()), MEASURE_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** How the backends are doing, in each shard. */
  reports(): Promise<readonly AccessReport[]> {
    return Promise.all(this.#shards.map((shard) => shard.accessReport()))
  }

  /** Numbers of the authenticator with this `linkName`; undefined when it is not counted. */
  numbers(name: string): AuthenticatorNumbers | undefined {
    return this.#meters.numbers(name)
  }

  /** How often something was asked. */
  rateOf(kind: AccessRateKind, name: string): AccessRate {
    const meter = this.#rates.get(keyOf(kind, name))
    return meter === undefined ? NO_RATE : plainRate(meter)
  }

  /** Looks at all totals, at a time of the monotonic clock. Done every 5 s with shards. */
  async measure(nowMs: number): Promise<void> {
    try {
      const totals = this.#totalsOf(await this.reports())
      const rates = new Map<string, RateMeter>()
      for (const [key, total] of totals) {
        const meter = this.#rates.get(key) ?? new RateMeter()
        meter.sample(total, nowMs)
        rates.set(key, meter)
      }
      this.#rates = rates
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#log.warn('access_rates_not_measured', { reason })
    }
  }

  #totalsOf(reports: readonly AccessReport[]): ReadonlyMap<string, number> {
    const totals = new Map<string, number>()
    const add = (key: string, count: number): void => {
      totals.set(key, (totals.get(key) ?? 0) + count)
    }
    for (const { authenticators, sources } of reports) {
      for (const { name, requests } of authenticators) {
        totals.set(keyOf('authenticator', name), this.numbers(name)?.total ?? 0)
        if (requests !== undefined) add(keyOf('authenticator backend', name), sumOf(requests))
      }
      for (const { type, counts, requests } of sources) {
        add(keyOf('source', type), counts.total)
        if (requests !== undefined) add(keyOf('source backend', type), sumOf(requests))
      }
    }
    return totals
  }
}

function keyOf(kind: AccessRateKind, name: string): string {
  return `${kind} ${name}`
}

function sumOf({ succeeded, failed }: { succeeded: number; failed: number }): number {
  return succeeded + failed
}

function plainRate({ rate, max, last5m }: RateMeter): AccessRate {
  return { rate, max, last5m }
}
