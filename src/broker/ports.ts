/**
 * What the core asks of the world. The core decides and performs no I/O: sockets, storage, time,
 * randomness, access decisions and sibling shards come in through these ports, so that the
 * simulator can run many shards in one thread from a seed.
 */
import type { HeldBytes } from '#kernel/block-pool.ts'
import type { ByteWriter } from '#kernel/byte-writer.ts'
import type { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import type { QoS } from './qos.ts'

/** Time. `nowMs` is the wall clock (ms since the epoch); `monotonicMs` never goes back. */
export interface Clock {
  nowMs(): number
  monotonicMs(): number
}

/** Randomness: a number in [0, 1) and hexadecimal ids of `bytes` random bytes. */
export interface Random {
  next(): number
  hexId(bytes: number): string
}

/** Structured log: `message` is a snake_case event name, `fields` its facts. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void
  info(message: string, fields?: Record<string, unknown>): void
  warn(message: string, fields?: Record<string, unknown>): void
  error(message: string, fields?: Record<string, unknown>): void
}

/** Why a listener wants a connection refused; it is told in CONNACK. */
export interface Refusal {
  readonly reason: ReasonCode
  readonly reasonString: string
}

/** Facts about the peer of one network connection, fixed when it was accepted. */
export interface WireInfo {
  /** `type:name` of the listener, such as `tcp:default`. */
  readonly listener: string
  /** Zone that the listener names; absent: `default`. */
  readonly zone?: string
  readonly transport: 'tcp' | 'ssl' | 'ws' | 'wss'
  readonly peerHost: string
  readonly peerPort: number
  /** Address and port of the listener. */
  readonly localHost?: string
  readonly localPort: number
  /** Subject of the client's certificate, when TLS asked for one and it was verified. */
  readonly certCommonName?: string
  readonly certSubject?: string
  /** The certificate itself (DER), under the same conditions. */
  readonly certificate?: Uint8Array
  /** Identity of the pre-shared key by which TLS was agreed; empty for a resumed session. */
  readonly pskIdentity?: string
  /** MD5 sum of the certificate, in hexadecimal digits. */
  readonly certMd5?: string
  /** There is no room for the connection: it is refused once it has sent CONNECT. */
  readonly refusal?: Refusal
}

/** Where received bytes come from, which are valid only during the call that brings them. */
export interface BytesSource {
  /**
   * Asks during that call that the bytes stay as they are, for the sake of `bytes` of them.
   * @returns undefined when they are to be copied instead
   */
  holdReceived(bytes: number): HeldBytes | undefined
}

/**
 * The outgoing half of one network connection.
 *
 * `write` never throws. It returns true when the kernel took everything at once, so that the
 * caller may use the buffers' memory again straight away; false when the transport still holds
 * them (or copies are pending): then the caller leaves them alone for good. `bufferedBytes` says
 * what the transport still holds; the host calls `connection.drained()` when it has fallen to
 * zero after having been above zero.
 */
export interface Wire extends BytesSource {
  readonly info: WireInfo
  readonly bufferedBytes: number
  /**
   * Sends the buffers in order with one gathered write. The array itself is not kept.
   * @returns true when the buffers may be reused at once, see above
   */
  write(chunks: readonly Buffer[], totalBytes: number): boolean
  /** Stops reading from the peer. Bytes already handed to the core may still be in its hands. */
  pause(): void
  resume(): void
  /** Sends what is buffered, then closes; the host cuts the connection after its own limit. */
  end(): void
  /** Cuts the connection at once. */
  destroy(): void
}

/** Tables of the store. A key is a binary string: every char is one byte, order is byte order. */
export const Table = {
  META: 'meta',
  SESSIONS: 'sessions',
  SUBSCRIPTIONS: 'subscriptions',
  QUEUE: 'queue',
  BODIES: 'bodies',
  INCOMING: 'incoming',
  RETAINED: 'retained',
  DELAYED: 'delayed',
  /** Users of the built-in database; see access/authentication/users. */
  USERS: 'users',
  /** Rules of the built-in database; see access/authorization/rules. */
  RULES: 'rules',
  /** Clients that are not let in; see access/protection. */
  BANS: 'bans',
} as const
export type Table = (typeof Table)[keyof typeof Table]

/** Why a commit failed; `full` when the disk or the configured size is exhausted. */
export interface StoreFailure {
  readonly kind: 'full' | 'io' | 'corrupt' | 'closed'
  readonly message: string
}

/**
 * Ordered key-value storage with group commit.
 *
 * Writes go to the open batch in call order and are seen at once by reads of the same store
 * object. `commit()` (end of tick) starts writing the open batch unless one is under way; then it
 * follows right after. A batch that failed is kept and tried again, so memory and disk agree; its
 * barriers are told the failure. The caller must not change a value after handing it over.
 */
export interface KvStore {
  /** False after a failed commit until one succeeds: the core then refuses what needs storing. */
  readonly healthy: boolean
  /** Bytes (keys and values) waiting to become durable. */
  readonly pendingBytes: number
  /** `fresh` promises that the key did not exist: a later remove may then cancel both. */
  put(table: Table, key: string, value: Uint8Array, fresh?: boolean): void
  remove(table: Table, key: string): void
  get(table: Table, key: string): Uint8Array | undefined
  /**
   * Visits keys in [from, to) in ascending order until `visit` returns false. Values are valid
   * only during the call. `visit` may write to the store; whether the scan sees that is undefined.
   */
  scan(
    table: Table,
    from: string,
    to: string,
    visit: (key: string, value: Uint8Array) => boolean,
  ): void
  /**
   * Calls back once everything written so far is as durable as the configured mode promises:
   * synchronously when nothing is pending (or the mode is `memory`), else after the commit.
   * Barriers are answered in the order they were asked.
   */
  barrier(done: (failure: StoreFailure | undefined) => void): void
  commit(): void
}

export const Access = { ALLOW: 0, DENY: 1, PENDING: 2 } as const
export type Access = (typeof Access)[keyof typeof Access]

/** What a client said of itself in CONNECT, for the access decision. */
export interface ConnectRequest {
  readonly clientId: string
  readonly username: string | undefined
  readonly password: Uint8Array | undefined
  readonly protocolVersion: number
  readonly cleanStart: boolean
  readonly keepAliveSeconds: number
  readonly wire: WireInfo
  /** Facts about the client that were derived from what it presented (`mqtt.client_attrs_init`). */
  readonly clientAttributes?: ClientAttributes
  /** Enhanced authentication (MQTT 5 §4.12): the method and what CONNECT or AUTH brings for it. */
  readonly method?: string
  readonly methodData?: Uint8Array | undefined
}

/** Names to values; may be used in topics, rules and templates as `${client_attrs.name}`. */
export type ClientAttributes = Readonly<Record<string, string>>

/** What a client may do, as its credentials say; asked before any source of rules. */
export interface ClientAcl {
  /** The first one that matches decides. */
  readonly rules: readonly ClientAclRule[]
  /** When none matches: `pass` asks the sources of rules, `deny` does not. */
  readonly otherwise: 'pass' | 'deny'
}

/** One rule that credentials brought. Conditions that are undefined hold always. */
export interface ClientAclRule {
  readonly permission: 'allow' | 'deny'
  readonly action: 'publish' | 'subscribe' | 'all'
  /** Filter with placeholders; `eq ` in front compares it as text. */
  readonly topic: string
  readonly qos?: readonly number[]
  readonly retain?: boolean
}

/** Who a connected client is, as access decided it. One object per connection, may be cached on. */
export interface Identity {
  readonly clientId: string
  readonly username: string | undefined
  /** It may do everything: no rules are asked. */
  readonly isSuperuser: boolean
  readonly wire: WireInfo
  readonly clientAttributes?: ClientAttributes
  readonly acl?: ClientAcl | undefined
  /** When the credentials end, in ms since the epoch; rules they brought end with them. */
  readonly expiresAtMs?: number | undefined
  /** What access remembers of its decisions about the client; nobody else looks at it. */
  accessMemory?: unknown
}

export type AuthenticateResult = Accepted | Refused | Continued

export interface Accepted {
  readonly allowed: true
  readonly isSuperuser: boolean
  /** Take the place of what the request had under the same names. */
  readonly clientAttributes?: ClientAttributes
  readonly acl?: ClientAcl
  /** See `Identity.expiresAtMs`. */
  readonly expiresAtMs?: number
  /** The connection is to be closed when the credentials end (0xA0). */
  readonly disconnectAtExpiry?: boolean
  /** What the exchange says the client is called, when CONNECT does not. */
  readonly username?: string
  /** Last data of an enhanced authentication, for CONNACK or AUTH. */
  readonly methodData?: Uint8Array
}

export interface Refused {
  readonly allowed: false
  readonly reason: ReasonCode
  /** For the client: must not tell more than it should know. */
  readonly reasonString: string
}

/** An enhanced authentication needs more from the client (MQTT 5 §4.12). */
export interface Continued {
  readonly allowed: 'continue'
  /** For the client, in AUTH with reason 0x18. */
  readonly methodData: Uint8Array
  /** Goes on with the data of the client's AUTH. May call `done` at once; calls it exactly once. */
  readonly next: (data: Uint8Array, done: (result: AuthenticateResult) => void) => void
}

/** A decision that holds until it is forgotten. */
export interface RememberedDecision {
  readonly action: 'publish' | 'subscribe'
  readonly topic: string
  readonly qos: QoS
  readonly retain: boolean
  readonly isAllowed: boolean
  /** Wall clock in ms. */
  readonly atMs: number
}

/** Authentication and authorization. A decision that needs no waiting is given at once. */
export interface AccessControl {
  /** May call `done` before it returns. It calls exactly once. */
  authenticate(request: ConnectRequest, done: (result: AuthenticateResult) => void): void
  /**
   * What is known already of a publish; PENDING: `authorizePublish` is to be asked. Hot path: it
   * allocates nothing.
   */
  recallPublish(who: Identity, topic: string, qos: QoS, retain: boolean): Access
  /**
   * Topics are asked about as the client wrote them: before rewriting, without the mountpoint of
   * the listener, and without special prefixes such as `$share/<group>/`.
   *
   * PENDING: `done` is called later, exactly once; otherwise it is never called.
   */
  authorizePublish(
    who: Identity,
    topic: string,
    qos: QoS,
    retain: boolean,
    done: (allowed: boolean) => void,
  ): Access
  authorizeSubscribe(
    who: Identity,
    filter: string,
    qos: QoS,
    done: (allowed: boolean) => void,
  ): Access
  /**
   * A client that was authenticated is about to be let in. It counts from here until `left`,
   * unless this returns why it is not let in.
   */
  admit(who: Identity): Refused | undefined
  /** The connection of an admitted client has ended. */
  left(who: Identity): void
  /**
   * What made the decision that was given last: `superuser`, `cache`, `client_info` (the rules that
   * came with the credentials), the type of a source, or `default`.
   */
  readonly decidedBy?: string
  /** What is remembered of decisions about a connected client. */
  remembered?(who: Identity): readonly RememberedDecision[]
  /** Forgets what was decided about a client. */
  forgetDecisions?(who: Identity): void
  /** What access in shard `from` has sent here, see `ShardMessage`. */
  siblingSent(from: number, message: unknown): void
}

/**
 * The way to sibling shards. Everything sent to one shard arrives in the order sent, exactly once,
 * as long as the process lives. Items of one tick travel together; `flush()` sends them.
 */
export interface Fabric {
  readonly shard: number
  readonly shardCount: number
  /** Writer for binary items (publishes) to `shard`; the caller writes whole items only. */
  writer(shard: number): ByteWriter
  /** Queues a control message behind everything written before. Structured-clone values only. */
  send(shard: number, message: ControlMessage): void
  flush(): void
  /** Bytes sent to a shard that it has not taken in yet. */
  inFlightBytes(shard: number): number
}

/** Control messages between shards: `kind` decides the rest; see broker/shard/messages.ts. */
export interface ControlMessage {
  readonly kind: string
}
