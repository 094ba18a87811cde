import type { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ConnectionLost, LoadClient } from '../support/load-client.ts'
import { type Actor, noteWrong, type Run } from './kill-clients.ts'

const FILTERS = 6

/** Undefined: the answer to the last change never came. */
type Held = boolean | undefined

/**
 * Makes and removes subscriptions all the time; after a restart the acknowledged ones are there.
 */
export class FilterChanger implements Actor {
  readonly client: LoadClient
  readonly #run: Run
  readonly #held: Held[]
  #isBusy = false
  /** Of the check under way: what arrived, and what to do with the last one. */
  #arrived = new Set<string>()
  #marked: () => void = () => {}
  #checks = 0

  constructor(run: Run, name: string, version: ProtocolVersion) {
    this.#run = run
    this.#held = Array.from({ length: FILTERS }, () => false)
    this.client = new LoadClient({ clientId: name, version, clean: false })
    this.client.onWrong = (what) => noteWrong(run, name, what)
    this.client.onMessage = ({ topic, payload }) => {
      if (payload.readUInt32BE() !== this.#checks) return
      if (topic === this.#topic('end')) this.#marked()
      else this.#arrived.add(topic)
    }
  }

  /** Subscribes to what marks the end of a check, once for the whole run. */
  async subscribe(): Promise<void> {
    await this.client.subscribe(this.#topic('end'), 1)
  }

  act(): void {
    const { random } = this.#run
    if (this.#isBusy || !this.client.isConnected || !random.chance(0.3)) return
    void this.#change(random.between(0, FILTERS - 1))
  }

  /** Publishes to every filter and sees what comes: what was acknowledged, and nothing else. */
  async check(): Promise<void> {
    const run = this.#run
    const number = ++this.#checks
    this.#arrived.clear()
    const payload = Buffer.alloc(4)
    payload.writeUInt32BE(number)
    const prober = new LoadClient({ clientId: `prober-of-${this.client.clientId}` })
    await prober.connect(run.port)
    let timer: NodeJS.Timeout | undefined
    const seen = await new Promise<boolean>((resolve) => {
      this.#marked = () => resolve(true)
      timer = setTimeout(() => resolve(false), run.patienceMs)
      for (let index = 0; index < FILTERS; index++) prober.publish(this.#topic(index), payload, 1)
      prober.publish(this.#topic('end'), payload, 1)
    })
    clearTimeout(timer)
    prober.leave()
    if (!seen) run.problems.add('filter', `${this.client.clientId} lost one (run ${run.number})`)
    for (const [index, held] of this.#held.entries()) {
      const arrives = this.#arrived.has(this.#topic(index))
      this.#held[index] = arrives
      if (held === undefined || held === arrives || !seen) continue
      const state = held ? 'lost' : 'has again'
      run.problems.add('filter', `${this.client.clientId} ${state} ${index} (run ${run.number})`)
    }
  }

  async #change(index: number): Promise<void> {
    const wanted = this.#held[index] !== true
    this.#isBusy = true
    this.#held[index] = undefined
    try {
      if (wanted) await this.client.subscribe(this.#topic(index), 1)
      else await this.client.unsubscribe(this.#topic(index))
      this.#held[index] = wanted
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error
    } finally {
      this.#isBusy = false
    }
  }

  #topic(name: string | number): string {
    return `c/${this.client.clientId}/${name}`
  }
}
