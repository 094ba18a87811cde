import { ProtoWriter } from '#codec/otlp/proto-writer.ts'
import { type Span, writeSpan } from '#codec/otlp/spans.ts'

/** Spans that wait to be exported, encoded as fields of `ScopeSpans`. */
export interface SpanBatch {
  readonly bytes: Uint8Array
  readonly count: number
  /** Spans that found no room since this was asked last. */
  readonly dropped: number
}

const INITIAL_BYTES = 16_384
/** Below what collectors take in one request, which is 4 MB as they are shipped. */
const BYTES_MAX = 2 * 1024 * 1024
const NO_BYTES = new Uint8Array(0)

/** Keeps the spans of a shard until they are fetched; when it is full, further ones are dropped. */
export class SpanBuffer {
  readonly #out = new ProtoWriter(INITIAL_BYTES)
  #spansMax: number
  #count = 0
  #dropped = 0

  constructor(spansMax: number) {
    this.#spansMax = spansMax
  }

  /** Lets so many spans wait from now on. */
  limit(spansMax: number): void {
    this.#spansMax = spansMax
  }

  add(span: Span): void {
    if (this.#count >= this.#spansMax || this.#out.length >= BYTES_MAX) {
      this.#dropped++
      return
    }
    writeSpan(this.#out, span)
    this.#count++
  }

  /** Takes out what waits. */
  take(): SpanBatch {
    const bytes = this.#count === 0 ? NO_BYTES : this.#out.toBuffer()
    const batch = { bytes, count: this.#count, dropped: this.#dropped }
    this.#out.clear()
    this.#count = 0
    this.#dropped = 0
    return batch
  }
}
