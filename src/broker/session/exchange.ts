/** Enhanced authentication (MQTT 5 §4.12): AUTH packets before CONNACK and after it. */
import { decodeAuth, encodeAuth } from '#codec/mqtt/auth.ts'
import type { AuthPacket } from '#codec/mqtt/auth.ts'
import { DecodeFailure, isFailure } from '#codec/mqtt/decode-failure.ts'
import type { Frame } from '#codec/mqtt/frame.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import type { AuthProperties } from '#codec/mqtt/properties.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { ByteWriter } from '#kernel/byte-writer.ts'
import { Timer } from '#kernel/timer-wheel.ts'
import type { TimerTarget } from '#kernel/timer-wheel.ts'
import { Metric } from '../metrics.ts'
import type { Accepted, AuthenticateResult, Continued, Identity, Refused } from '../ports.ts'
import type { Broker } from '../shard/broker.ts'
import { ConnectionState } from './connection.ts'
import type { AuthExchange, Connection } from './connection.ts'
import { takeCredentials } from './credentials.ts'

const NO_METHOD = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'AUTH without an authentication method in CONNECT',
  '[MQTT-4.12.0-7]',
)
const OTHER_METHOD = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'AUTH with another authentication method than CONNECT',
  '[MQTT-4.12.0-5]',
)
const OTHER_METHOD_AGAIN = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'a re-authentication with another authentication method than CONNECT',
  '[MQTT-4.12.1-1]',
)
const NOT_AUTH = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'only AUTH and DISCONNECT may come before the authentication is complete',
)
const NOT_CONTINUED = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'AUTH does not continue the authentication',
  '[MQTT-4.12.0-3]',
)
const NOT_ASKED = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'AUTH continues an authentication that is not under way',
)
const NOT_YET = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'a re-authentication while another one is under way',
)

const NO_DATA: Uint8Array = new Uint8Array(0)
/** First size of the memory for an AUTH packet. */
const AUTH_BYTES = 256

/** What the exchange of one connection leads to. */
interface Outcome {
  accepted(result: Accepted): void
  refused(result: Refused): void
}

/** One exchange of AUTH packets. */
export class Exchange implements AuthExchange, TimerTarget {
  readonly #broker: Broker
  readonly #connection: Connection
  readonly #outcome: Outcome
  /** Runs only after CONNACK: until then the connection has a time limit anyway. */
  readonly #timer = new Timer(this)
  /** Undefined while access decides: nothing may come from the client then. */
  #next: Continued['next'] | undefined

  constructor(broker: Broker, connection: Connection, outcome: Outcome) {
    this.#broker = broker
    this.#connection = connection
    this.#outcome = outcome
  }

  /** Ends the exchange when the client does not go on in time. */
  limit(timeMs: number): void {
    this.#broker.core.timers.schedule(this.#timer, timeMs)
  }

  timerFired(): void {
    this.#connection.close({
      reason: ReasonCode.NOT_AUTHORIZED,
      code: 'authentication_timeout',
      text: 'The re-authentication was not completed in time.',
    })
  }

  /** The client goes on. */
  take(data: Uint8Array): DecodeFailure | undefined {
    const next = this.#next
    if (next === undefined) return NOT_ASKED
    this.#next = undefined
    if (this.#isConnecting) this.#connection.park()
    next(data, (result) => this.decided(result))
    return undefined
  }

  /** A step of access. */
  decided(result: AuthenticateResult): void {
    const connection = this.#connection
    if (connection.exchange !== this) return // It left meanwhile.
    if (result.allowed === 'continue') {
      this.#next = result.next
      sendAuth(this.#broker, connection, ReasonCode.CONTINUE_AUTHENTICATION, result.methodData)
      if (this.#isConnecting) connection.unpark()
      return
    }
    this.stop()
    if (result.allowed) this.#outcome.accepted(result)
    else this.#outcome.refused(result)
  }

  /** Nothing else may come until it is decided. */
  get #isConnecting(): boolean {
    return this.#connection.state === ConnectionState.CONNECTING
  }

  stop(): void {
    this.#broker.core.timers.cancel(this.#timer)
    this.#connection.exchange = undefined
  }
}

/** A packet while CONNECT is being decided by an exchange. Others are closed with CONNACK. */
export function exchangePacket(
  broker: Broker,
  connection: Connection,
  exchange: AuthExchange,
  bytes: Buffer,
  frame: Frame,
): DecodeFailure | undefined {
  if (frame.type === PacketType.DISCONNECT) {
    connection.close({
      reason: ReasonCode.NORMAL_DISCONNECTION,
      code: 'normal',
      text: 'The client disconnected before it was authenticated.',
      byClient: true,
    })
    return undefined
  }
  if (frame.type !== PacketType.AUTH) return NOT_AUTH
  const packet = readAuth(broker, connection, bytes, frame)
  if (isFailure(packet)) return packet
  const { authenticationMethod: method, authenticationData: data } = packet.properties
  if (method !== connection.authenticationMethod) return OTHER_METHOD
  if (packet.reason !== ReasonCode.CONTINUE_AUTHENTICATION) return NOT_CONTINUED
  return exchange.take(data ?? NO_DATA)
}

/** AUTH of a client that is connected: begins or continues a re-authentication (§4.12.1). */
export function handleAuth(
  broker: Broker,
  connection: Connection,
  bytes: Buffer,
  frame: Frame,
): DecodeFailure | undefined {
  const packet = readAuth(broker, connection, bytes, frame)
  if (isFailure(packet)) return packet
  const { authenticationMethod, identity, exchange } = connection
  const { authenticationMethod: method, authenticationData: data = NO_DATA } = packet.properties
  if (authenticationMethod === undefined || identity === undefined) return NO_METHOD
  if (method !== authenticationMethod) return OTHER_METHOD_AGAIN
  if (packet.reason === ReasonCode.RE_AUTHENTICATE) {
    if (exchange !== undefined) return NOT_YET
    reauthenticate(broker, connection, identity, data)
    return undefined
  }
  if (packet.reason !== ReasonCode.CONTINUE_AUTHENTICATION) return NOT_CONTINUED
  return exchange === undefined ? NOT_ASKED : exchange.take(data)
}

function readAuth(
  broker: Broker,
  connection: Connection,
  bytes: Buffer,
  frame: Frame,
): AuthPacket | DecodeFailure {
  const { metrics } = broker.core
  const max = connection.zone.mqtt.userPropertiesMax
  const packet = decodeAuth(bytes, frame.bodyStart, frame.bodyEnd, max)
  if (!isFailure(packet)) metrics.increment(Metric.PACKETS_AUTH_RECEIVED)
  return packet
}

/** Everything else goes on meanwhile, with what the client was allowed before. */
function reauthenticate(
  broker: Broker,
  connection: Connection,
  identity: Identity,
  data: Uint8Array,
): void {
  const { core } = broker
  const { clientId, username } = identity
  core.metrics.increment(Metric.CLIENT_AUTHENTICATE)
  const exchange = new Exchange(broker, connection, {
    accepted(result) {
      core.metrics.increment(Metric.AUTHENTICATION_SUCCESS)
      takeCredentials(broker, connection, username, result)
      sendAuth(broker, connection, ReasonCode.SUCCESS, result.methodData)
    },
    refused(result) {
      core.metrics.increment(Metric.AUTHENTICATION_FAILURE)
      // [MQTT-4.12.1-2]
      connection.close({
        reason: result.reason,
        code: 'reauthentication_failed',
        text: result.reasonString,
      })
    },
  })
  connection.exchange = exchange
  exchange.limit(connection.zone.mqtt.idleTimeoutMs)
  const request = {
    clientId,
    username,
    password: undefined,
    protocolVersion: connection.version,
    cleanStart: connection.cleanStart,
    keepAliveSeconds: connection.keepAliveMs / 1000,
    wire: connection.wire.info,
    clientAttributes: connection.clientAttributes,
    ...methodOf(connection, data),
  }
  core.access.authenticate(request, (result) => exchange.decided(result))
}

/** The part of a request that is about enhanced authentication. */
export function methodOf(
  { authenticationMethod: method }: Connection,
  data: Uint8Array | undefined,
): { readonly method?: string; readonly methodData?: Uint8Array | undefined } {
  return method === undefined ? {} : { method, methodData: data }
}

/** [MQTT-4.12.0-2] [MQTT-4.12.0-5] */
function sendAuth(
  broker: Broker,
  connection: Connection,
  reason: number,
  data: Uint8Array | undefined,
): void {
  const { metrics } = broker.core
  const { authenticationMethod, outbox, packetBytesMax } = connection
  if (connection.state === ConnectionState.CLOSED || authenticationMethod === undefined) return
  const properties: AuthProperties = { authenticationMethod }
  if (data !== undefined) properties.authenticationData = Buffer.from(data)
  const writer = new ByteWriter(AUTH_BYTES)
  encodeAuth(writer, reason, properties, packetBytesMax)
  if (writer.offset > packetBytesMax) {
    connection.close({
      reason: ReasonCode.PACKET_TOO_LARGE,
      code: 'auth_too_large',
      text: 'An AUTH packet would be larger than the client takes.',
    })
    return
  }
  outbox.appendCopy(Buffer.from(writer.bytes.subarray(0, writer.offset)))
  metrics.increment(Metric.PACKETS_AUTH_SENT)
  metrics.increment(Metric.PACKETS_SENT)
  connection.traffic.controlOut++
  connection.markDirty()
}
