/**
 * Bytes on the way between every two shards, in memory that all of them share.
 *
 * The sender adds, the receiver subtracts after it has taken a batch in. Numbers are exact while
 * less than 2^31 bytes are on one way.
 */
export class InFlight {
  readonly #counts: Int32Array
  readonly #shardCount: number

  /** @param memory `InFlight.bytesFor(shardCount)` zeroed bytes */
  constructor(memory: ArrayBufferLike, shardCount: number) {
    this.#counts = new Int32Array(memory)
    this.#shardCount = shardCount
  }

  /** Memory needed for so many shards. */
  static bytesFor(shardCount: number): number {
    return shardCount * shardCount * Int32Array.BYTES_PER_ELEMENT
  }

  /** Bytes sent by `from` that `to` has not taken in. */
  get(from: number, to: number): number {
    return Atomics.load(this.#counts, from * this.#shardCount + to)
  }

  sent(from: number, to: number, bytes: number): void {
    Atomics.add(this.#counts, from * this.#shardCount + to, bytes)
  }

  taken(from: number, to: number, bytes: number): void {
    Atomics.sub(this.#counts, from * this.#shardCount + to, bytes)
  }
}
