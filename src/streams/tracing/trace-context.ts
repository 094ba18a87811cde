/** The trace that something belongs to, as W3C Trace Context says it in text. */
import type { UserProperty } from '#codec/mqtt/properties.ts'
import { buildProperties } from '#codec/mqtt/property-decode.ts'
import type { ValueMap } from '#plugin/value.ts'
import { withUserProperties } from '../rules/property-names.ts'

/** A span of a trace, as its children know it. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
  /** Whether the trace is recorded. */
  readonly isSampled: boolean
  /** Content of `tracestate`; empty: there is none. */
  readonly state: string
}

const PARENT = 'traceparent'
const STATE = 'tracestate'
/** Longer ones are not passed on (§3.3.1.5 asks for 512 at least). */
const STATE_CHARS_MAX = 512
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const NO_TRACE = '0'.repeat(32)
const NO_SPAN = '0'.repeat(16)
/** How a user property of this name begins in a packet. */
const NEEDLE = Buffer.from([0x26, 0, PARENT.length, ...Buffer.from(PARENT)])

/** Reads a `traceparent`; undefined when it is none (§3.2). */
export function parseTraceparent(text: string, state = ''): TraceContext | undefined {
  const match = TRACEPARENT.exec(text)
  if (match === null) return undefined
  const [, version, traceId = '', spanId = '', flags = '', more] = match
  const isWrong = version === 'ff' || (version === '00' && more !== undefined)
  if (isWrong || traceId === NO_TRACE || spanId === NO_SPAN) return undefined
  const isSampled = (Number.parseInt(flags, 16) & 1) === 1
  return { traceId, spanId, isSampled, state: state.length > STATE_CHARS_MAX ? '' : state }
}

/** The context as `traceparent`. */
export function formatTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`
}

/** The context that a message carries in its user properties. */
export function readTraceContext(properties: Buffer): TraceContext | undefined {
  if (properties.length < NEEDLE.length || !properties.includes(NEEDLE)) return undefined
  const { userProperties = [] } = buildProperties(properties, 0, properties.length)
  const parent = userProperties.find(([name]) => name === PARENT)
  if (parent === undefined) return undefined
  const states = userProperties.flatMap(([name, value]) => (name === STATE ? value : []))
  return parseTraceparent(parent[1], states.join(','))
}

/** The properties of a message with this context in the place of what they have of any. */
export function withTraceContext(properties: Buffer, context: TraceContext): Buffer {
  const { userProperties = [] } = buildProperties(properties, 0, properties.length)
  const others = userProperties.filter(([name]) => name !== PARENT && name !== STATE)
  return withUserProperties(properties, [...others, ...traceProperties(context)])
}

/** The context as user properties, or as headers of HTTP. */
export function traceProperties(context: TraceContext): UserProperty[] {
  const parent: UserProperty = [PARENT, formatTraceparent(context)]
  return context.state === '' ? [parent] : [parent, [STATE, context.state]]
}

const TRACE = Symbol('trace')

/** A record of a rule that goes on as a part of a trace. */
export function withTrace(record: ValueMap, context: TraceContext): ValueMap {
  return Object.assign({ ...record }, { [TRACE]: context })
}

/** The trace that a record is a part of. */
export function traceOf(record: ValueMap): TraceContext | undefined {
  // What stands under the symbol was put there by `withTrace`.
  return (record as { readonly [TRACE]?: TraceContext })[TRACE]
}

/** Headers or user properties by which another system learns of the trace of a record, if any. */
export function traceFields(record: ValueMap): Record<string, string> | undefined {
  const context = traceOf(record)
  return context && Object.fromEntries(traceProperties(context))
}

type Headers = readonly (readonly [name: string, value: string])[]

/** The headers with the trace of a record. What they have of these names themselves stays. */
export function tracedHeaders(record: ValueMap, headers: Headers): Headers {
  const context = traceOf(record)
  if (context === undefined) return headers
  const names = new Set(headers.map(([name]) => name.toLowerCase()))
  // The state of one trace says nothing beside another one.
  if (names.has(PARENT)) return headers
  return [...headers, ...traceProperties(context).filter(([name]) => !names.has(name))]
}
