import { LoadClient } from '../support/load-client.ts'

/** Gauges of a broker by name, such as `sessions`. */
export type Gauges = ReadonlyMap<string, number>

const STATS = /^\$SYS\/brokers\/[^/]+\/stats\/(.+)\/count$/u
/** How long the broker may take to forget what is gone. */
const SETTLE_LIMIT_MS = 30_000

/** Reads the gauges that a broker publishes under `$SYS`. */
export class GaugeWatch {
  readonly #client = new LoadClient({ clientId: 'soak-watch' })
  #current = new Map<string, number>()
  #last: Gauges = new Map()
  #waiting: (() => void)[] = []

  async start(port: number): Promise<void> {
    this.#client.onMessage = ({ topic, payload }) => {
      const [, name] = STATS.exec(topic) ?? []
      if (name === undefined) return
      // The first gauge again: a new round begins, the last one is complete.
      if (this.#current.has(name)) this.#roundDone()
      this.#current.set(name, Number(payload.toString()))
    }
    await this.#client.connect(port)
    await this.#client.subscribe('$SYS/brokers/+/stats/#', 0)
  }

  /** The gauges of the round that is complete next; it may be under way already. */
  async next(): Promise<Gauges> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return this.#last
  }

  /**
   * Waits until all gauges are what they were.
   * @returns those that are not, after a time limit
   */
  async settle(wanted: Gauges): Promise<readonly string[]> {
    const endsAtMs = performance.now() + SETTLE_LIMIT_MS
    await this.next() // It may be under way, and tell what was before.
    for (;;) {
      const now = await this.next()
      const different = [...wanted].filter(([name, value]) => now.get(name) !== value)
      if (different.length === 0) return []
      if (performance.now() > endsAtMs) {
        return different.map(([name, value]) => `${name}: ${now.get(name)} instead of ${value}`)
      }
    }
  }

  stop(): void {
    this.#client.leave()
  }

  #roundDone(): void {
    this.#last = this.#current
    this.#current = new Map()
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
