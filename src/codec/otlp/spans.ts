import { type Attributes, writeAttributes } from './otlp.ts'
import type { ProtoWriter } from './proto-writer.ts'

/** What a span is about, as its number in OTLP. */
export const SpanKind = { INTERNAL: 1, SERVER: 2, CLIENT: 3, PRODUCER: 4, CONSUMER: 5 } as const
export type SpanKind = (typeof SpanKind)[keyof typeof SpanKind]

/** Something that took time. Ids are hexadecimal. */
export interface Span {
  /** 32 digits. */
  readonly traceId: string
  /** 16 digits. */
  readonly spanId: string
  /** 16 digits; empty: it begins the trace. */
  readonly parentId: string
  /** Content of the `tracestate` that came along. */
  readonly traceState: string
  readonly name: string
  readonly kind: SpanKind
  /** Wall clock in ms, with fractions. */
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Attributes
  /** Why it failed; undefined: it did not. */
  readonly failure: string | undefined
}

const STATUS_ERROR = 2

/** Writes a span as a field of `ScopeSpans`. */
export function writeSpan(out: ProtoWriter, span: Span): void {
  out.message(2, (one) => {
    one.hex(1, span.traceId)
    one.hex(2, span.spanId)
    if (span.traceState !== '') one.string(3, span.traceState)
    if (span.parentId !== '') one.hex(4, span.parentId)
    one.string(5, span.name)
    one.uint(6, span.kind)
    one.timeMs(7, span.startMs)
    one.timeMs(8, Math.max(span.startMs, span.endMs))
    writeAttributes(one, 9, span.attributes)
    const { failure } = span
    if (failure === undefined) return
    one.message(15, (status) => {
      status.string(2, failure)
      status.uint(3, STATUS_ERROR)
    })
  })
}
