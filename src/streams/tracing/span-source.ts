import { type Span, SpanKind } from '#codec/otlp/spans.ts'
import type { Attributes } from '#codec/otlp/otlp.ts'
import type { SpanBuffer } from './span-buffer.ts'
import type { TraceContext } from './trace-context.ts'

/** What spans are made with. */
export interface SpanPorts {
  /** Wall clock in ms, with fractions. */
  nowMs(): number
  /** A number in [0, 1). */
  chance(): number
  /** So many random bytes as hexadecimal digits. */
  hexId(bytes: number): string
}

/** What a span says beside when it was. */
export type SpanFacts = Pick<Span, 'name' | 'attributes'> & {
  readonly kind?: SpanKind
  readonly failure?: string | undefined
}

const TRACE_ID_BYTES = 16
const SPAN_ID_BYTES = 8

/** Makes contexts and spans. */
export class SpanSource {
  readonly #ports: SpanPorts
  readonly #buffer: SpanBuffer

  constructor(ports: SpanPorts, buffer: SpanBuffer) {
    this.#ports = ports
    this.#buffer = buffer
  }

  nowMs(): number {
    return this.#ports.nowMs()
  }

  /** True in so many of all cases. */
  happens(ratio: number): boolean {
    return ratio >= 1 || (ratio > 0 && this.#ports.chance() < ratio)
  }

  /** A new span inside of another, or one that begins a trace. */
  begin(parent: TraceContext | undefined): TraceContext {
    return {
      traceId: parent?.traceId ?? this.#ports.hexId(TRACE_ID_BYTES),
      spanId: this.#ports.hexId(SPAN_ID_BYTES),
      isSampled: true,
      state: parent?.state ?? '',
    }
  }

  /** A span has ended. */
  end(
    context: TraceContext,
    parent: TraceContext | undefined,
    startMs: number,
    { name, kind = SpanKind.INTERNAL, attributes, failure }: SpanFacts,
  ): void {
    const { traceId, spanId, state } = context
    this.#buffer.add({
      traceId,
      spanId,
      parentId: parent?.spanId ?? '',
      traceState: state,
      name,
      kind,
      startMs,
      endMs: this.#ports.nowMs(),
      attributes,
      failure,
    })
  }
}

/** Attributes without those that are undefined. */
export function attributesOf(
  entries: Readonly<Record<string, Attributes[string] | undefined>>,
): Attributes {
  const present: Record<string, Attributes[string]> = {}
  for (const [name, value] of Object.entries(entries)) {
    if (value !== undefined) present[name] = value
  }
  return present
}
