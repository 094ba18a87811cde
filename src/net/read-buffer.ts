/** Size of the buffer that all connections of a thread read through. */
const READ_BUFFER_BYTES = 128 * 1024

/** Views up to this length are made once and kept. */
const KEPT_VIEW_BYTES_MAX = 4096

/**
 * The buffer that all fast connections of a thread read into.
 *
 * A read is handled completely before the next one happens, so one buffer serves every
 * connection: an idle connection holds no read buffer at all, and the memory stays in the cache.
 */
export class ReadBuffer {
  readonly bytes: Buffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES)
  readonly #views: (Buffer | undefined)[] = Array.from({ length: KEPT_VIEW_BYTES_MAX + 1 })

  /** The first `length` bytes. The view is valid until the next read of any connection. */
  view(length: number): Buffer {
    if (length > KEPT_VIEW_BYTES_MAX) return this.bytes.subarray(0, length)
    const kept = this.#views[length]
    if (kept !== undefined) return kept
    const view = this.bytes.subarray(0, length)
    this.#views[length] = view
    return view
  }
}
