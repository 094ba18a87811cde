/**
 * Growing byte buffer that encoders write into.
 *
 * Hot path, so the fields are plain: an encoder computes the size of its packet, calls `ensure`
 * once with that size and then writes `w.bytes[w.offset++]`. `ensure` may replace `bytes` (a
 * subclass hands out write blocks), therefore no encoder keeps `bytes` across a call of it.
 */
export class ByteWriter {
  bytes: Buffer
  offset: number

  /** @param initialBytes size of the first buffer in bytes, at least 1 */
  constructor(initialBytes: number) {
    this.bytes = Buffer.allocUnsafeSlow(Math.max(1, initialBytes))
    this.offset = 0
  }

  /**
   * Guarantees that `n` more bytes fit: `bytes.length - offset >= n` afterwards. May replace
   * `bytes`; what was written before stays in front of `offset` in this class.
   */
  ensure(n: number): void {
    if (this.bytes.length - this.offset >= n) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.offset + n))
    this.bytes.copy(grown, 0, 0, this.offset)
    this.bytes = grown
  }
}
