import assert from 'node:assert/strict'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import type { Prng } from '../simulation/engine/prng.ts'
import type { TestClient } from '../support/test-client.ts'
import type { World } from '../support/world.ts'

/** Messages that may wait for the one who is away; below the limit of its queue. */
const WAITING_MAX = 30

/** Clients who keep the rules, beside those who do not: whatever those do, these notice nothing. */
export class Bystanders {
  readonly #world: World
  readonly #publisher: TestClient
  readonly #live: TestClient
  #kept: TestClient
  #isKeptAway: boolean
  /** What the one with the stored session has to get. */
  readonly #waiting: string[]
  #count: number

  constructor(world: World) {
    this.#world = world
    this.#publisher = world.connect({ clientId: 'calm-publisher' })
    this.#live = world.connect({ clientId: 'calm-live', version: ProtocolVersion.V311 })
    this.#live.subscribe('calm/+', { qos: 2 })
    this.#kept = this.#connectKept()
    this.#kept.subscribe('calm/kept', { qos: 2 })
    this.#isKeptAway = false
    this.#waiting = []
    this.#count = 0
  }

  /** One message, or a departure or return of the one with the stored session. */
  exchange(prng: Prng): void {
    if (this.#waiting.length > WAITING_MAX || prng.chance(0.2)) this.#toggleKept()
    const payload = `calm ${++this.#count}`
    const topic = prng.pick(['calm/kept', 'calm/other'])
    const qos = prng.pick([1, 2] as const)
    this.#publisher.publish(topic, payload, { qos })
    this.#world.settle()
    assert.deepEqual(this.#live.payloads(), [payload])
    if (topic === 'calm/kept') this.#waiting.push(payload)
    if (!this.#isKeptAway) this.#checkKept()
    for (const packet of this.#publisher.packets.splice(0)) {
      assert.ok(packet.reason < 0x80, `a message was refused with ${packet.reason}`)
    }
  }

  /** Nobody who keeps the rules was closed. */
  checkUnharmed(): void {
    const others = this.#isKeptAway ? [] : [this.#kept]
    for (const client of [this.#publisher, this.#live, ...others]) {
      assert.equal(client.closed, false, `${client.clientId} is closed`)
    }
  }

  leave(): void {
    if (this.#isKeptAway) this.#toggleKept()
    this.#kept.disconnect(0, 0)
    this.#live.disconnect()
    this.#publisher.disconnect()
  }

  #toggleKept(): void {
    if (this.#isKeptAway) {
      this.#kept = this.#connectKept()
      this.#checkKept()
    } else this.#kept.drop()
    this.#isKeptAway = !this.#isKeptAway
  }

  #connectKept(): TestClient {
    return this.#world.connect({
      clientId: 'calm-kept',
      cleanStart: false,
      properties: { sessionExpiryIntervalSeconds: 600 },
    })
  }

  #checkKept(): void {
    this.#world.settle()
    assert.deepEqual(this.#kept.payloads(), this.#waiting.splice(0))
  }
}
