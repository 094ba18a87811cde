import type { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'

/** What is measured. */
export const BenchMode = {
  CONN: 'conn',
  PUB: 'pub',
  SUB: 'sub',
  PAIR: 'pair',
  FANIN: 'fanin',
  FANOUT: 'fanout',
  SHARED: 'shared',
  RETAINED: 'retained',
} as const
export type BenchMode = (typeof BenchMode)[keyof typeof BenchMode]

/** TLS of all clients. */
export interface BenchTls {
  /** PEM of the authorities; undefined: those of the system. */
  readonly authorities: string | undefined
  readonly certificate: string | undefined
  readonly key: string | undefined
  /** False accepts any certificate. */
  readonly verify: boolean
}

/** The broker under test. */
export interface BenchTarget {
  /** As given: a name or an address. */
  readonly host: string
  /** What the name stands for; filled in before the first connection. */
  readonly address: string
  readonly port: number
  readonly tls: BenchTls | undefined
  readonly webSocketPath: string | undefined
  /** Addresses of this host to connect from, taken in turn; empty: the system chooses. */
  readonly localAddresses: readonly string[]
}

/** How clients introduce themselves. */
export interface BenchIdentity {
  readonly version: ProtocolVersion
  /** In front of `p0`, `s0` …: client identifiers. */
  readonly prefix: string
  readonly username: string | undefined
  readonly password: string | undefined
  readonly cleanStart: boolean
  /** MQTT 5: how long the broker keeps the session; 0: not at all. */
  readonly sessionExpirySeconds: number
  readonly keepAliveSeconds: number
}

/** How deliveries are told apart, see track-order.ts and track-once.ts. */
export const Tracking = { NONE: 'none', ORDER: 'order', ONCE: 'once' } as const
export type Tracking = (typeof Tracking)[keyof typeof Tracking]

/** One complete run: plain data, as it goes to the threads. */
export interface BenchPlan {
  readonly mode: BenchMode
  readonly target: BenchTarget
  readonly identity: BenchIdentity
  readonly publishers: number
  readonly subscribers: number
  readonly qos: 0 | 1 | 2
  readonly payloadBytes: number
  readonly retain: boolean
  /** Template of the topic of a message. */
  readonly topic: string
  /** Template of a filter. */
  readonly filter: string
  readonly filtersEach: number
  /** Distinct topics when they differ from message to message, else 1. */
  readonly topics: number
  /** Messages in all; Infinity: as many as fit into the time. */
  readonly messagesMax: number
  /** Messages for each second, all publishers together; Infinity: as fast as the window lets. */
  readonly ratePerSecond: number
  /** Messages that a publisher writes at once. */
  readonly burst: number
  /** Deliveries under way, over all clients. */
  readonly window: number
  /** QoS 1 and 2: messages of one publisher that are not acknowledged. */
  readonly inflight: number
  /** Deliveries expected for each message; 0: nobody here receives. */
  readonly copies: number
  readonly tracking: Tracking
  /** Connections for each second; Infinity: no limit. */
  readonly connectsPerSecond: number
  readonly connectTimeoutMs: number
  readonly warmupMs: number
  /** Infinity: until interrupted. */
  readonly durationMs: number
  /** Longest wait for what is under way at the end. */
  readonly drainMs: number
  readonly threads: number
  /** Number that tells the messages of this run from others. */
  readonly run: number
  /** Retained: leave the messages in the broker. */
  readonly keepRetained: boolean
  /** Process of the broker on this host, whose CPU time and memory are measured. */
  readonly brokerPid: number | undefined
}
