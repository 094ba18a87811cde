/** A collector of OpenTelemetry that decodes what it gets with protobufjs, over gRPC or HTTP. */
import { once } from 'node:events'
import { createServer as createHttp, type IncomingHttpHeaders } from 'node:http'
import {
  createServer as createHttp2,
  type Http2Session,
  type IncomingHttpHeaders as Http2Headers,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import protobuf from 'protobufjs'

const PROTO = `
syntax = "proto3";
message AnyValue { oneof value { string s = 1; bool b = 2; int64 i = 3; double d = 4; } }
message KeyValue { string key = 1; AnyValue value = 2; }
message Resource { repeated KeyValue attributes = 1; }
message Scope { string name = 1; string version = 2; }
message Point {
  repeated KeyValue attributes = 7; fixed64 start = 2; fixed64 time = 3;
  oneof value { double as_double = 4; sfixed64 as_int = 6; }
}
message Gauge { repeated Point points = 1; }
message Sum { repeated Point points = 1; uint32 temporality = 2; bool monotonic = 3; }
message Metric {
  string name = 1; string description = 2; string unit = 3;
  oneof data { Gauge gauge = 5; Sum sum = 7; }
}
message Status { string message = 2; uint32 code = 3; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_id = 4;
  string name = 5; uint32 kind = 6; fixed64 start = 7; fixed64 end = 8;
  repeated KeyValue attributes = 9; Status status = 15;
}
message LogRecord {
  fixed64 time = 1; uint32 severity = 2; string severity_text = 3; AnyValue body = 5;
  repeated KeyValue attributes = 6; fixed64 observed = 11;
}
message MetricsScope { Scope scope = 1; repeated Metric items = 2; }
message SpansScope { Scope scope = 1; repeated Span items = 2; }
message LogsScope { Scope scope = 1; repeated LogRecord items = 2; }
message MetricsGroup { Resource resource = 1; repeated MetricsScope scopes = 2; }
message SpansGroup { Resource resource = 1; repeated SpansScope scopes = 2; }
message LogsGroup { Resource resource = 1; repeated LogsScope scopes = 2; }
message metrics { repeated MetricsGroup groups = 1; }
message traces { repeated SpansGroup groups = 1; }
message logs { repeated LogsGroup groups = 1; }
`
const { root } = protobuf.parse(PROTO, { keepCase: true })

type Attributes = Readonly<Record<string, string | number | boolean>>

/** Something that was exported, with the attributes of its resource. */
interface Received {
  readonly resource: Attributes
  readonly attributes: Attributes
}
export interface ReceivedMetric extends Received {
  readonly name: string
  readonly unit: string
  readonly isCounter: boolean
  readonly isMonotonic: boolean
  readonly points: readonly { readonly attributes: Attributes; readonly value: number }[]
}
export interface ReceivedSpan extends Received {
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string
  readonly state: string
  readonly name: string
  readonly startMs: number
  readonly endMs: number
  readonly failure: string | undefined
}
export interface ReceivedLine extends Received {
  readonly severity: number
  readonly body: string
}

/** How it answers, and what it got. */
export interface Collector {
  readonly port: number
  readonly metrics: ReceivedMetric[]
  readonly spans: ReceivedSpan[]
  readonly lines: ReceivedLine[]
  /** Headers of the last request. */
  headers: IncomingHttpHeaders
  /** Status of gRPC, or 503 over HTTP, that it answers while it is not 0. */
  failure: number
  /** It ends connections as soon as they are made. */
  isAway: boolean
  close(): Promise<void>
}

export type CollectorProtocol = 'grpc' | 'http_protobuf'

type Plain = Readonly<Record<string, unknown>>
interface Pair {
  readonly key: string
  readonly value: { readonly s?: string; readonly b?: boolean; readonly i?: string; d?: number }
}

/** Starts a collector on 127.0.0.1. */
export async function startCollector(protocol: CollectorProtocol): Promise<Collector> {
  const collector = { metrics: [], spans: [], lines: [], headers: {}, failure: 0, isAway: false }
  const made = protocol === 'grpc' ? grpcServer(collector) : httpServer(collector)
  const { server } = made
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  return Object.assign(collector, {
    port: address.port,
    async close() {
      made.cut()
      server.close()
      await once(server, 'close')
    },
  })
}

type State = Omit<Collector, 'port' | 'close'>

function httpServer(state: State) {
  const server = createHttp((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      state.headers = request.headers
      const signal = request.url?.split('/').at(-1) ?? ''
      const isGzip = request.headers['content-encoding'] === 'gzip'
      const body = Buffer.concat(chunks)
      if (state.failure === 0) take(state, signal, isGzip ? gunzipSync(body) : body)
      response.statusCode = state.failure === 0 ? 200 : 503
      response.end()
    })
  })
  return { server, cut: () => server.closeAllConnections() }
}

function grpcServer(state: State) {
  const server = createHttp2()
  const sessions = new Set<Http2Session>()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => {})
    if (state.isAway) session.destroy()
    session.on('close', () => sessions.delete(session))
  })
  server.on('stream', (stream: ServerHttp2Stream, headers: Http2Headers) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      state.headers = headers
      const frame = Buffer.concat(chunks)
      const message = frame.subarray(5, 5 + frame.readUInt32BE(1))
      const body = frame[0] === 1 ? gunzipSync(message) : message
      const [, signal = ''] = /\.(metrics|logs|trace)\./.exec(String(headers[':path'])) ?? []
      if (state.failure === 0) take(state, signal === 'trace' ? 'traces' : signal, body)
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc' },
        { waitForTrailers: true },
      )
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': state.failure }))
      stream.end(state.failure === 0 ? Buffer.alloc(5) : undefined)
    })
  })
  const cut = (): void => {
    for (const session of sessions) session.destroy()
  }
  return { server, cut }
}

function take(state: State, signal: string, body: Buffer): void {
  const type = root.lookupType(signal)
  const decoded = type.toObject(type.decode(body), { longs: String, bytes: Buffer })
  for (const group of listOf(decoded, 'groups')) {
    const resource = attributesOf(group.resource as Plain)
    for (const scope of listOf(group, 'scopes')) {
      for (const item of listOf(scope, 'items')) {
        const common = { resource, attributes: attributesOf(item) }
        if (signal === 'metrics') state.metrics.push({ ...common, ...metricOf(item) })
        else if (signal === 'traces') state.spans.push({ ...common, ...spanOf(item) })
        else state.lines.push({ ...common, ...lineOf(item) })
      }
    }
  }
}

function metricOf(item: Plain) {
  const data = (item.sum ?? item.gauge) as Plain
  return {
    name: String(item.name),
    unit: String(item.unit),
    isCounter: item.sum !== undefined,
    isMonotonic: data.monotonic === true,
    points: listOf(data, 'points').map((point) => {
      const value = Number(point.as_int ?? point.as_double)
      return { attributes: attributesOf(point), value }
    }),
  }
}

function spanOf(item: Plain) {
  const status = item.status as { readonly message?: string } | undefined
  return {
    traceId: hexOf(item.trace_id),
    spanId: hexOf(item.span_id),
    parentId: hexOf(item.parent_id),
    state: (item.trace_state as string | undefined) ?? '',
    name: String(item.name),
    startMs: Number(item.start) / 1e6,
    endMs: Number(item.end) / 1e6,
    failure: status?.message,
  }
}

function lineOf(item: Plain) {
  return { severity: Number(item.severity), body: (item.body as { readonly s: string }).s }
}

function hexOf(bytes: unknown): string {
  return bytes === undefined ? '' : Buffer.from(bytes as Uint8Array).toString('hex')
}

function listOf(from: Plain, name: string): readonly Plain[] {
  return (from[name] as readonly Plain[] | undefined) ?? []
}

function attributesOf(from: Plain | undefined): Attributes {
  const pairs = (from?.attributes as readonly Pair[] | undefined) ?? []
  return Object.fromEntries(
    pairs.map(({ key, value }) => [key, value.s ?? value.b ?? Number(value.i ?? value.d)]),
  )
}
