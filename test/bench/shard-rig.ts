import { Access } from '#broker/ports.ts'
import { World } from '../support/world.ts'
import {
  connectPacket,
  type MessageOptions,
  publishPacket,
  RigClient,
  subscribePacket,
} from './rig-client.ts'

/** A load on one shard in this thread, without sockets. */
export interface RigOptions extends MessageOptions {
  /** `pair`: publisher and subscriber n share a topic; `fanout`: all subscribe to all topics. */
  readonly shape: 'pair' | 'fanout'
  readonly publishers: number
  readonly subscribers: number
  /** Messages of each publisher in each tick. */
  readonly burst: number
}

const LISTENER = { id: 'tcp:default', mountpoint: '' }

/**
 * Publishers, subscribers and a shard between them: everything that a message passes but the
 * network. Allocates nothing for a message itself, so that what is allocated is the broker's.
 */
export class ShardRig {
  readonly #world: World
  readonly #publishers: RigClient[]
  readonly #subscribers: RigClient[]
  readonly #bursts: readonly Buffer[]

  constructor(options: RigOptions) {
    const { shape, publishers, subscribers, burst } = options
    this.#world = new World()
    this.#world.access.recallPublish = () => Access.ALLOW // As decisions mostly are: known.
    this.#subscribers = Array.from({ length: subscribers }, (_, n) => this.#connect(`s${n}`))
    this.#publishers = Array.from({ length: publishers }, (_, n) => this.#connect(`p${n}`))
    for (const [n, client] of this.#subscribers.entries()) {
      const filter = shape === 'pair' ? `pair/${n}/data` : 'pair/+/data'
      client.receive(subscribePacket(filter, options.qos))
    }
    this.#world.settle()
    this.#bursts = this.#publishers.map((_, n) => {
      const packets = Array.from({ length: burst }, (_unused, k) =>
        publishPacket(`pair/${n}/data`, k + 1, options),
      )
      return Buffer.concat(packets)
    })
  }

  /** One iteration of an event loop; returns how many messages were delivered. */
  tick(): number {
    for (let n = 0; n < this.#publishers.length; n++) {
      this.#publishers[n]!.receive(this.#bursts[n]!) // One burst for each publisher.
    }
    this.#world.settle()
    let delivered = 0
    for (const subscriber of this.#subscribers) delivered += subscriber.acknowledge()
    this.#world.settle()
    return delivered
  }

  #connect(clientId: string): RigClient {
    const client = new RigClient()
    const connection = this.#world.shards[0]!.accept(client, LISTENER) // A world has a shard.
    client.receive = (bytes) => connection.receive(bytes)
    client.receive(connectPacket(clientId, true))
    this.#world.settle()
    client.acknowledge()
    return client
  }
}
