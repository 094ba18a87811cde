import type { MessagePort } from 'node:worker_threads'
import type { ControlMessage, Fabric } from '#broker/ports.ts'
import type { ByteWriter } from '#kernel/byte-writer.ts'
import { InFlight } from './in-flight.ts'
import { type BatchItem, OutgoingBatch, toBuffers } from './outgoing-batch.ts'

/** Takes in a batch of a sibling. */
export type Deliver = (from: number, items: readonly (Buffer | ControlMessage)[]) => void

/** What a shard thread gets to reach its siblings; can be sent to it. */
export interface BusEnds {
  readonly shard: number
  readonly shardCount: number
  /** By shard; there is none to oneself. */
  readonly ports: readonly (MessagePort | undefined)[]
  /** Memory of `InFlight`, shared by all. */
  readonly inFlight: SharedArrayBuffer
}

interface Parcel {
  readonly items: readonly BatchItem[]
  readonly byteCount: number
}

/**
 * The fabric between threads: one message port for every two shards, one message per flush.
 *
 * Ports keep the order and lose nothing as long as the process lives.
 */
export class ShardBus implements Fabric {
  readonly shard: number
  readonly shardCount: number
  readonly #ports: readonly (MessagePort | undefined)[]
  readonly #batches: readonly OutgoingBatch[]
  readonly #inFlight: InFlight

  constructor(ends: BusEnds) {
    this.shard = ends.shard
    this.shardCount = ends.shardCount
    this.#ports = ends.ports
    this.#batches = Array.from({ length: ends.shardCount }, () => new OutgoingBatch())
    this.#inFlight = new InFlight(ends.inFlight, ends.shardCount)
  }

  /** Begins to receive. What came before waits in the ports. */
  open(deliver: Deliver): void {
    for (const [from, port] of this.#ports.entries()) {
      port?.on('message', ({ items, byteCount }: Parcel) => {
        deliver(from, toBuffers(items))
        this.#inFlight.taken(from, this.shard, byteCount)
      })
    }
  }

  writer(shard: number): ByteWriter {
    return this.#batchOf(shard).writer
  }

  send(shard: number, message: ControlMessage): void {
    this.#batchOf(shard).add(message)
  }

  flush(): void {
    for (let shard = 0; shard < this.shardCount; shard++) {
      const batch = this.#batches[shard]
      if (batch === undefined || batch.isEmpty) continue
      const { items, moved, byteCount } = batch.take()
      this.#inFlight.sent(this.shard, shard, byteCount)
      this.#ports[shard]?.postMessage({ items, byteCount } satisfies Parcel, moved)
    }
  }

  /** Bytes sent to a shard that it has not taken in yet. */
  inFlightBytes(shard: number): number {
    return this.#inFlight.get(this.shard, shard)
  }

  /** Nothing is received any more. */
  close(): void {
    for (const port of this.#ports) port?.close()
  }

  #batchOf(shard: number): OutgoingBatch {
    const batch = shard === this.shard ? undefined : this.#batches[shard]
    if (batch === undefined) throw new RangeError(`shard ${this.shard} has no sibling ${shard}`)
    return batch
  }
}
