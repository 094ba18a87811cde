import { setTimeout as pause } from 'node:timers/promises'
import type { BrokerProcess } from './broker-process.ts'
import { LoadClient } from './load-client.ts'

const LISTEN_PAUSE_MS = 20

/** Somebody who does nothing wrong while others do: how long does one round trip take? */
export class CalmClient {
  readonly #client: LoadClient
  readonly #done: Promise<number>
  #isWatching: boolean

  private constructor(client: LoadClient) {
    this.#client = client
    this.#isWatching = true
    this.#done = this.#watch()
  }

  static async start(broker: BrokerProcess): Promise<CalmClient> {
    const client = new LoadClient({ clientId: 'calm' })
    await client.connect(broker.port())
    await client.subscribe('calm', 1)
    return new CalmClient(client)
  }

  /** Ends the watch; gives the longest time of a message there and back, in ms. */
  async stop(): Promise<number> {
    this.#isWatching = false
    const slowestMs = await this.#done
    this.#client.leave()
    return slowestMs
  }

  async #watch(): Promise<number> {
    let slowestMs = 0
    while (this.#isWatching) {
      const startedMs = performance.now()
      await new Promise<void>((resolve, reject) => {
        this.#client.onMessage = () => resolve()
        this.#client.onClosed = () => reject(new Error('the calm client was closed'))
        this.#client.publish('calm', Buffer.from('still here'), 1)
      })
      slowestMs = Math.max(slowestMs, performance.now() - startedMs)
      await pause(LISTEN_PAUSE_MS)
    }
    return slowestMs
  }
}
