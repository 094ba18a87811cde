import type { ControlMessage, Fabric } from '#broker/ports.ts'
import { ByteWriter } from '#kernel/byte-writer.ts'

/** What travels together from one shard to another. */
export type FabricBatch = readonly (Buffer | ControlMessage)[]

const BLOB_BYTES = 1_024

/** The fabric of one shard: hands each batch to whoever carries it. */
export class SimFabric implements Fabric {
  readonly shard: number
  readonly shardCount: number
  readonly #carry: (to: number, batch: FabricBatch) => void
  readonly #open: (Buffer | ControlMessage)[][]
  readonly #writers: ByteWriter[]
  /** By shard: bytes sent and not yet taken in; the carrier counts them down. */
  readonly inFlight: number[]
  /** By shard: messages that sabotage holds back. */
  readonly late: (Buffer | ControlMessage)[][]
  readonly #pressure: number

  /** @param pressure what each byte counts for, so that small numbers can stand for large ones */
  constructor(
    shard: number,
    shardCount: number,
    pressure: number,
    carry: (to: number, batch: FabricBatch) => void,
  ) {
    this.shard = shard
    this.shardCount = shardCount
    this.#carry = carry
    this.#open = Array.from({ length: shardCount }, () => [])
    this.#writers = Array.from({ length: shardCount }, () => new ByteWriter(BLOB_BYTES))
    this.inFlight = Array.from({ length: shardCount }, () => 0)
    this.late = Array.from({ length: shardCount }, () => [])
    this.#pressure = pressure
  }

  writer(shard: number): ByteWriter {
    return this.#writers[shard]! // In range, here and below: one for each shard.
  }

  send(shard: number, message: ControlMessage): void {
    this.#closeBlob(shard)
    this.#open[shard]!.push(structuredClone(message))
  }

  flush(): void {
    for (let shard = 0; shard < this.shardCount; shard++) {
      this.#closeBlob(shard)
      const batch = this.#open[shard]!
      if (batch.length === 0) continue
      this.#open[shard] = []
      this.inFlight[shard]! += batchBytes(batch)
      this.#carry(shard, batch)
    }
  }

  inFlightBytes(shard: number): number {
    return this.inFlight[shard]! * this.#pressure
  }

  #closeBlob(shard: number): void {
    const writer = this.#writers[shard]!
    if (writer.offset === 0) return
    this.#open[shard]!.push(Buffer.from(writer.bytes.subarray(0, writer.offset)))
    writer.offset = 0
  }
}

/** Bytes of the items in a batch. */
export function batchBytes(batch: FabricBatch): number {
  return batch.reduce((sum, item) => sum + (Buffer.isBuffer(item) ? item.length : 0), 0)
}
