import type { ControlMessage, Fabric } from '#broker/ports.ts'
import type { ByteWriter } from '#kernel/byte-writer.ts'
import type { Deliver } from './bus.ts'
import { InFlight } from './in-flight.ts'
import { OutgoingBatch, toBuffers } from './outgoing-batch.ts'

interface Parcel {
  readonly from: number
  readonly to: number
  readonly items: readonly (Buffer | ControlMessage)[]
  readonly byteCount: number
}

/**
 * The fabric between shards of one thread, for tests and debugging.
 *
 * `flush` of a shard puts its batches into one queue; `deliver` takes them out in that order.
 */
export class InProcessFabric {
  readonly shards: readonly InProcessShard[]
  readonly #receivers: (Deliver | undefined)[]
  readonly #onQueued: () => void
  readonly #inFlight: InFlight
  #queue: Parcel[] = []

  /** @param onQueued called after each flush that sent something, so that a host can `deliver` */
  constructor(shardCount: number, onQueued: () => void = () => {}) {
    this.#onQueued = onQueued
    this.#inFlight = new InFlight(new ArrayBuffer(InFlight.bytesFor(shardCount)), shardCount)
    this.#receivers = Array.from({ length: shardCount })
    this.shards = Array.from({ length: shardCount }, (_, shard) => {
      const sent = (to: number, batch: OutgoingBatch): void => this.#sent(shard, to, batch)
      return new InProcessShard(shard, shardCount, sent, this.#inFlight)
    })
  }

  /** Sets who takes in what is sent to a shard. */
  open(shard: number, deliver: Deliver): void {
    this.#receivers[shard] = deliver
  }

  /** Hands over what was flushed before the call, in order; returns how many batches there were. */
  deliver(): number {
    const parcels = this.#queue
    this.#queue = []
    for (const { from, to, items, byteCount } of parcels) {
      this.#receivers[to]?.(from, items)
      this.#inFlight.taken(from, to, byteCount)
    }
    return parcels.length
  }

  #sent(from: number, to: number, batch: OutgoingBatch): void {
    const { items, byteCount } = batch.take()
    // As between threads, what was sent does not change when the sender's object does.
    const copies = items.map((item) => (item instanceof Uint8Array ? item : structuredClone(item)))
    this.#inFlight.sent(from, to, byteCount)
    this.#queue.push({ from, to, items: toBuffers(copies), byteCount })
    this.#onQueued()
  }
}

/** One shard's end of an `InProcessFabric`. */
export class InProcessShard implements Fabric {
  readonly shard: number
  readonly shardCount: number
  readonly #batches: readonly OutgoingBatch[]
  readonly #sent: (to: number, batch: OutgoingBatch) => void
  readonly #inFlight: InFlight

  constructor(
    shard: number,
    shardCount: number,
    sent: (to: number, batch: OutgoingBatch) => void,
    inFlight: InFlight,
  ) {
    this.shard = shard
    this.shardCount = shardCount
    this.#batches = Array.from({ length: shardCount }, () => new OutgoingBatch())
    this.#sent = sent
    this.#inFlight = inFlight
  }

  writer(shard: number): ByteWriter {
    return this.#batchOf(shard).writer
  }

  send(shard: number, message: ControlMessage): void {
    this.#batchOf(shard).add(message)
  }

  flush(): void {
    for (const [shard, batch] of this.#batches.entries()) {
      if (!batch.isEmpty) this.#sent(shard, batch)
    }
  }

  inFlightBytes(shard: number): number {
    return this.#inFlight.get(this.shard, shard)
  }

  #batchOf(shard: number): OutgoingBatch {
    const batch = shard === this.shard ? undefined : this.#batches[shard]
    if (batch === undefined) throw new RangeError(`shard ${this.shard} has no sibling ${shard}`)
    return batch
  }
}
