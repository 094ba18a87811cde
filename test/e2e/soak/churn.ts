import { once } from 'node:events'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { LoadClient, type QoS } from '../support/load-client.ts'
import type { Random } from '../../support/random.ts'

/** How much goes on at the same time. */
export interface ChurnOptions {
  readonly port: number
  readonly clients: number
  readonly random: Random
}

/** Client ids whose sessions outlive their connections. */
const PERSISTENT_SHARE = 0.3
const OPERATIONS_EACH_MAX = 40
const TOPICS_KNOWN = 200
const PAYLOAD_BYTES_MAX = 2_000
const { V311, V5 } = ProtocolVersion

/**
 * Clients that come and go, subscribe and unsubscribe, publish on topics known and never seen,
 * retain and clear, break off, and take their own sessions over. After `cleanUp` the broker has
 * nothing to remember of them.
 */
export class Churn {
  readonly #options: ChurnOptions
  /** Topics that may have a retained message. */
  readonly #retained = new Set<string>()
  /** Client ids that may have a session. */
  readonly #persistent = new Set<string>()
  #topics = 0
  #connections = 0
  #publishes = 0
  #arrivals = 0

  constructor(options: ChurnOptions) {
    this.#options = options
  }

  /** What has been done so far. */
  get done(): {
    readonly connections: number
    readonly publishes: number
    readonly arrivals: number
  } {
    return {
      connections: this.#connections,
      publishes: this.#publishes,
      arrivals: this.#arrivals,
    }
  }

  /** Goes on for so long. */
  async run(durationMs: number): Promise<void> {
    const endsAtMs = performance.now() + durationMs
    const lives = Array.from({ length: this.#options.clients }, async (_, place) => {
      while (performance.now() < endsAtMs) await this.#live(place)
    })
    await Promise.all(lives)
  }

  /** One connection from its begin to its end. */
  async #live(place: number): Promise<void> {
    const { random, port } = this.#options
    const isPersistent = random.chance(PERSISTENT_SHARE)
    const clientId = isPersistent ? `stay-${place}` : `guest-${place}-${this.#connections}`
    if (isPersistent) this.#persistent.add(clientId)
    const version = random.chance(0.5) ? V5 : V311
    const client = new LoadClient({ clientId, version, clean: !isPersistent, window: 20 })
    client.onWrong = () => {} // Sessions are taken over and thrown away on purpose.
    client.onMessage = () => {
      this.#arrivals++
    }
    this.#connections++
    await client.connect(port)
    const operations = random.between(1, OPERATIONS_EACH_MAX)
    for (let count = 0; count < operations && client.isConnected; count++) {
      await this.#operate(client)
    }
    if (random.chance(0.5)) client.leave()
    else client.drop()
  }

  async #operate(client: LoadClient): Promise<void> {
    const { random } = this.#options
    const choice = random.next()
    if (choice < 0.15) await client.subscribe(this.#filter(), random.between(0, 2) as QoS)
    else if (choice < 0.25) await client.unsubscribe(this.#filter())
    else if (choice < 0.35) await client.ping()
    else if (client.room > 0) {
      const retain = random.chance(0.1)
      const topic = this.#topic()
      if (retain) this.#retained.add(topic)
      const payload = Buffer.alloc(random.between(1, PAYLOAD_BYTES_MAX), 'soak')
      client.publish(topic, payload, random.between(0, 2) as QoS, retain)
      this.#publishes++
    } else await client.ping()
  }

  #topic(): string {
    const { random } = this.#options
    const isNew = random.chance(0.2)
    const number = isNew ? this.#topics++ : random.between(0, TOPICS_KNOWN - 1)
    return isNew ? `soak/new/${number}/value` : `soak/known/${number}/value`
  }

  #filter(): string {
    const { random } = this.#options
    const number = random.between(0, TOPICS_KNOWN - 1)
    return random.pick([
      `soak/known/${number}/value`,
      `soak/known/${number}/+`,
      `soak/new/${number}/#`,
      `$share/group${number % 7}/soak/known/+/value`,
      'soak/+/1/value',
    ])
  }

  /** Removes what may be left: sessions and retained messages. To be called when all are gone. */
  async cleanUp(): Promise<void> {
    const { port } = this.#options
    for (const clientId of this.#persistent) {
      const client = new LoadClient({ clientId, version: V5, clean: true })
      await client.connect(port)
      client.leave()
    }
    this.#persistent.clear()
    const cleaner = new LoadClient({ clientId: 'soak-cleaner', version: V5, window: 100 })
    await cleaner.connect(port)
    for (const topic of this.#retained) {
      while (cleaner.room === 0) await room(cleaner)
      cleaner.publish(topic, Buffer.alloc(0), 1, true)
    }
    this.#retained.clear()
    while (cleaner.unacknowledged > 0) await room(cleaner)
    cleaner.leave()
  }
}

function room(client: LoadClient): Promise<unknown> {
  const target = new EventTarget()
  client.onRoom = () => target.dispatchEvent(new Event('room'))
  return once(target, 'room')
}
