import type { HookedConnection, Hooks, Receiver, SharedHooks } from '../hooks.ts'
import type { Message } from '../message.ts'
import type { Clock, WireInfo } from '../ports.ts'
import { matchesFilter } from '../topics/filter-match.ts'

/** Whose doings a trace notes. */
export interface TraceFilter {
  readonly trace: string
  /** `topic`: a topic or filter. */
  readonly type: 'clientid' | 'topic' | 'ip_address'
  readonly value: string
}

/** One thing that happened. */
export interface TraceRecord {
  /** Traces that it belongs to. */
  readonly traces: readonly string[]
  readonly timeMs: number
  /** Kind, such as `PUBLISH`. */
  readonly tag: string
  /** snake_case name of the event. */
  readonly message: string
  readonly clientId: string | undefined
  readonly username: string | undefined
  readonly peer: string | undefined
  readonly fields: Readonly<Record<string, unknown>>
  /** The first bytes of the payload. */
  readonly payload: Uint8Array | undefined
}

/** What was noted, and how many more there would have been. */
export interface TraceRecords {
  readonly records: readonly TraceRecord[]
  readonly lost: number
}

/** Records kept until they are taken; more are counted and lost. */
const RECORDS_MAX = 5000
/** Bytes of a payload that are noted. */
const PAYLOAD_BYTES_MAX = 1024

interface Who {
  readonly clientId: string | undefined
  readonly username?: string | undefined
  readonly wire?: Pick<WireInfo, 'peerHost' | 'peerPort'> | undefined
}

interface What {
  readonly topic?: string
  readonly tag: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly payload?: Uint8Array
}

/** Notes what happens to some clients, topics and addresses in a shard, for an operator. */
export class TraceWatch {
  readonly #clock: Clock
  #filters: readonly TraceFilter[] = []
  #records: TraceRecord[] = []
  #lost = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Notes what belongs to these traces and nothing else; without any no hook is watched. */
  watch(hooks: Hooks, filters: readonly TraceFilter[]): void {
    this.#filters = filters
    const note = (who: Who, what: What): void => this.#note(who, what)
    const isIdle = filters.length === 0
    hooks.watch('trace', isIdle ? {} : { ...messageHooks(note), ...clientHooks(note) })
  }

  /** What was noted since the last call. */
  take(): TraceRecords {
    const taken = { records: this.#records, lost: this.#lost }
    this.#records = []
    this.#lost = 0
    return taken
  }

  #note(who: Who, { topic, tag, message, fields, payload }: What): void {
    const traces = this.#filters.filter((filter) => belongs(filter, who, topic))
    if (traces.length === 0) return
    if (this.#records.length >= RECORDS_MAX) {
      this.#lost++
      return
    }
    const { clientId, username, wire } = who
    this.#records.push({
      traces: traces.map(({ trace }) => trace),
      timeMs: this.#clock.nowMs(),
      tag,
      message,
      clientId,
      username,
      peer: wire && `${wire.peerHost}:${wire.peerPort}`,
      fields: topic === undefined ? fields : { topic, ...fields },
      // A copy: what is borrowed does not last.
      payload: payload && Uint8Array.from(payload.subarray(0, PAYLOAD_BYTES_MAX)),
    })
  }
}

function belongs(
  { type, value }: TraceFilter,
  { clientId, wire }: Who,
  topic: string | undefined,
): boolean {
  switch (type) {
    case 'clientid':
      return clientId === value
    case 'ip_address':
      return wire?.peerHost === value
    case 'topic':
      return topic !== undefined && (topic === value || matchesFilter(value, topic))
  }
}

type Note = (who: Who, what: What) => void

function messageHooks(note: Note): SharedHooks {
  const of = (message: Message) => ({ topic: message.topic.topic, payload: message.payload })
  const from = ({ publisher }: Message) => ({ from_clientid: publisher })
  return {
    routed(message, receivers, publisher) {
      const { qos, retain, payloadLength: size } = message
      const fields = { qos, retain, receivers, payload_size: size }
      const who = publisher === undefined ? { clientId: message.publisher } : whoOf(publisher)
      note(who, { ...of(message), tag: 'PUBLISH', message: 'publish_to', fields })
    },
    delivered(receiver, message, qos, retain) {
      const fields = { qos, retain, ...from(message) }
      note(receiver, { ...of(message), tag: 'DELIVER', message: 'message_delivered', fields })
    },
    acked(receiver, message, qos) {
      const fields = { qos, ...from(message) }
      const topic = message.topic.topic
      note(receiver, { topic, tag: 'DELIVER', message: 'message_acked', fields })
    },
    dropped(message, publisher) {
      const fields = { reason: 'no_subscribers' }
      const who = publisher === undefined ? { clientId: message.publisher } : whoOf(publisher)
      note(who, { ...of(message), tag: 'PUBLISH', message: 'message_dropped', fields })
    },
    deliveryDropped(receiver, message, reason) {
      const fields = { reason, ...from(message) }
      note(receiver, { ...of(message), tag: 'DELIVER', message: 'delivery_dropped', fields })
    },
  }
}

function clientHooks(note: Note): SharedHooks {
  return {
    connack(connection, packet, reason) {
      const { version, keepAliveMs } = connection
      const fields = {
        reason_code: reason,
        proto_ver: version,
        keepalive_ms: keepAliveMs,
        clean_start: packet?.cleanStart,
      }
      note(whoOf(connection), { tag: 'CONNECT', message: 'connack_sent', fields })
    },
    connected(connection) {
      const { listener } = connection.wire.info
      const fields = { listener, expiry_ms: connection.expiryMs }
      note(whoOf(connection), { tag: 'CONNECT', message: 'client_connected', fields })
    },
    disconnected(connection, reason) {
      const what = { tag: 'DISCONNECT', message: 'client_disconnected', fields: { reason } }
      note(whoOf(connection), what)
    },
    authenticated(connection, username, reason, isSuperuser) {
      const fields = { reason_code: reason, is_superuser: isSuperuser }
      const who = { ...whoOf(connection), username }
      note(who, { tag: 'AUTHN', message: 'authentication_result', fields })
    },
    authorized(who, action, topic, isAllowed, source) {
      const fields = { action, result: isAllowed ? 'allow' : 'deny', source }
      note(who, { topic, tag: 'AUTHZ', message: 'authorization_result', fields })
    },
    subscribed(connection, { filter, qos }) {
      const what = { tag: 'SUBSCRIBE', message: 'session_subscribed', fields: { qos } }
      note(whoOf(connection), { topic: filter, ...what })
    },
    unsubscribed(connection, filter) {
      const what = { tag: 'UNSUBSCRIBE', message: 'session_unsubscribed', fields: {} }
      note(whoOf(connection), { topic: filter, ...what })
    },
  }
}

function whoOf({ clientId, identity, wire }: HookedConnection): Who & Partial<Receiver> {
  return { clientId, username: identity?.username, wire: wire.info }
}
