import { type ConnackPacket, decodeConnack } from '#codec/mqtt/connack.ts'
import { encodeConnect } from '#codec/mqtt/connect.ts'
import { isFailure } from '#codec/mqtt/decode-failure.ts'
import { decodeDisconnect, encodeDisconnect } from '#codec/mqtt/disconnect.ts'
import { type Frame, FrameStatus, readFrame } from '#codec/mqtt/frame.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { encodePingreq } from '#codec/mqtt/ping.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import type { NetWire, WireReceiver } from '#net/net-wire.ts'
import { bucketOf } from '../histogram.ts'
import type { LoadContext } from './load-context.ts'
import { reasonName } from './reason-name.ts'
import { Counter } from './shared-state.ts'

/** How far a client has come. */
export const ClientState = { NEW: 0, DIALING: 1, CONNECTED: 2, READY: 3, CLOSED: 4 } as const
export type ClientState = (typeof ClientState)[keyof typeof ClientState]

const PACKET_BYTES_MAX = 268_435_460
/** Packets from this size on are not put together when they arrive in parts. */
const LARGE_BYTES_MIN = 2048
const REST_BYTES_FIRST = 256

/**
 * One MQTT client: handshake, packets cut out of what arrives, output gathered.
 *
 * Publisher and subscriber build on it. Plain fields: every message passes here.
 */
export abstract class BenchClient implements WireReceiver {
  readonly context: LoadContext
  /** Counted among the clients of its role over all threads. */
  readonly number: number
  readonly clientId: string
  state: ClientState
  wire: NetWire<undefined> | undefined
  /** A transport holds bytes that the kernel did not take. */
  blocked: boolean
  /** Told once: ready, or not. */
  onSettled: (client: BenchClient, ready: boolean) => void
  /** `MarkClock` when the dial began. */
  startedUnits: number
  startedMs: number
  /** Bytes of a large packet that are still to come and need not be kept. */
  skipBytes: number
  #rest: Buffer | undefined
  #restLength: number

  constructor(context: LoadContext, number: number, clientId: string) {
    this.context = context
    this.number = number
    this.clientId = clientId
    this.state = ClientState.NEW
    this.wire = undefined
    this.blocked = false
    this.onSettled = () => {}
    this.startedUnits = 0
    this.startedMs = 0
    this.skipBytes = 0
    this.#rest = undefined
    this.#restLength = 0
  }

  /** Handles a packet other than CONNACK, PINGRESP and DISCONNECT. */
  protected abstract packet(bytes: Buffer, frame: Frame): void

  /** The broker accepted the client. */
  protected abstract accepted(connack: ConnackPacket): void

  /**
   * Takes what it needs of a large packet whose end has not arrived yet, then `skipBytes` is set
   * to what is missing. False: keep the bytes until the packet is whole.
   */
  protected takeLarge(_bytes: Buffer, _frame: Frame, _end: number): boolean {
    return false
  }

  /** The connection ended before the run did. */
  protected left(): void {}

  /** The last byte of what `takeLarge` took has arrived. */
  protected largeEnded(): void {}

  /** The connection is up: introduces the client. */
  opened(wire: NetWire<undefined>): void {
    this.wire = wire
    wire.receiver = this
    wire.start()
    const { slab, plan, version } = this.context
    const { identity } = plan
    encodeConnect(slab, {
      protocolName: version === ProtocolVersion.V31 ? 'MQIsdp' : 'MQTT',
      version,
      bridge: false,
      cleanStart: identity.cleanStart,
      keepAliveSeconds: identity.keepAliveSeconds,
      clientId: this.clientId,
      properties:
        identity.sessionExpirySeconds > 0
          ? { sessionExpiryIntervalSeconds: identity.sessionExpirySeconds }
          : {},
      ...(identity.username !== undefined && { username: identity.username }),
      ...(identity.password !== undefined && { password: Buffer.from(identity.password) }),
    })
    this.flush()
  }

  receive(bytes: Buffer): void {
    this.context.arrived(bytes.length)
    let at = 0
    if (this.skipBytes > 0) at = this.#skip(bytes)
    else if (this.#restLength > 0) at = this.#completeRest(bytes)
    at = this.#take(bytes, at)
    if (at < bytes.length) this.#keep(bytes, at)
    this.flush()
  }

  ended(error?: string): void {
    this.wire = undefined
    this.fail(error === undefined ? 'closed by the broker' : `connection broken: ${error}`)
  }

  drained(): void {
    this.blocked = false
    this.context.wake()
  }

  /** Writes what was encoded into the slab since the last call. */
  flush(): void {
    const { slab, chunk } = this.context
    const length = slab.offset - slab.start
    if (length === 0) return
    chunk[0] = slab.view()
    this.send(chunk, length)
  }

  /** Writes buffers that are in the open range of the slab, or never change. */
  protected send(chunks: readonly Buffer[], totalBytes: number): void {
    const { wire, context } = this
    if (wire === undefined) return context.slab.close(true)
    context.count(Counter.BYTES_OUT, totalBytes)
    const isTaken = wire.write(chunks, totalBytes)
    context.slab.close(isTaken)
    if (!isTaken) this.blocked = true
  }

  /** Gives the client up; `problem` in words that are the same for all clients. */
  fail(problem: string): void {
    if (this.state === ClientState.CLOSED) return
    const wasReady = this.state === ClientState.READY
    this.state = ClientState.CLOSED
    const { wire, context } = this
    this.wire = undefined
    wire?.destroy()
    if (context.closing) return
    context.problem(problem)
    context.count(wasReady ? Counter.DISCONNECTED : Counter.FAILED, 1)
    if (wasReady) this.left()
    else this.onSettled(this, false)
  }

  /** Says goodbye. */
  close(): void {
    const { wire, context } = this
    this.state = ClientState.CLOSED
    if (wire === undefined) return
    encodeDisconnect(context.slab, context.version, 0)
    this.flush()
    wire.end()
  }

  ping(): void {
    if (this.wire === undefined) return
    encodePingreq(this.context.slab)
    this.flush()
  }

  /** Everything the client needs before the run is there. */
  protected becomeReady(): void {
    this.state = ClientState.READY
    this.context.count(Counter.READY, 1)
    this.onSettled(this, true)
  }

  #take(bytes: Buffer, from: number): number {
    const { frame, version } = this.context
    const end = bytes.length
    let at = from
    while (at < end) {
      const status = readFrame(bytes, at, end, PACKET_BYTES_MAX, frame, version)
      if (status === FrameStatus.INCOMPLETE) {
        const isLarge = frame.bodyEnd - at >= LARGE_BYTES_MIN
        return isLarge && this.takeLarge(bytes, frame, end) ? end : at
      }
      if (status !== FrameStatus.OK) {
        this.fail('the broker sent a malformed packet')
        return end
      }
      const next = frame.bodyEnd
      this.#dispatch(bytes, frame)
      if (this.state === ClientState.CLOSED) return end
      at = next
    }
    return at
  }

  #dispatch(bytes: Buffer, frame: Frame): void {
    switch (frame.type) {
      case PacketType.CONNACK:
        return this.#connack(bytes, frame)
      case PacketType.PINGRESP:
        return
      case PacketType.DISCONNECT: {
        const { bodyStart, bodyEnd } = frame
        const packet = decodeDisconnect(bytes, bodyStart, bodyEnd, this.context.version, true)
        const reason = isFailure(packet) ? packet.detail : reasonName(packet.reason)
        return this.fail(`disconnected by the broker: ${reason}`)
      }
      default:
        this.packet(bytes, frame)
    }
  }

  #connack(bytes: Buffer, frame: Frame): void {
    const { context } = this
    const connack = decodeConnack(bytes, frame.bodyStart, frame.bodyEnd, context.version)
    if (isFailure(connack)) return this.fail(`broken CONNACK: ${connack.detail}`)
    if (connack.reason !== ReasonCode.SUCCESS) {
      return this.fail(`connection refused: ${reasonName(connack.reason)}`)
    }
    this.state = ClientState.CONNECTED
    context.count(Counter.CONNECTED, 1)
    context.connectTimes[bucketOf((context.clock.units - this.startedUnits) >>> 0)]! += 1
    this.accepted(connack)
  }

  #skip(bytes: Buffer): number {
    const taken = Math.min(this.skipBytes, bytes.length)
    this.skipBytes -= taken
    if (this.skipBytes === 0) this.largeEnded()
    return taken
  }

  /** Keeps the beginning of a packet; `bytes` are valid only during the call. */
  #keep(bytes: Buffer, from: number): void {
    this.#restLength = 0
    this.#append(bytes, from, bytes.length)
  }

  #append(bytes: Buffer, from: number, to: number): void {
    const needed = this.#restLength + to - from
    const rest = this.#rest ?? Buffer.allocUnsafe(Math.max(REST_BYTES_FIRST, needed))
    this.#rest = rest
    if (needed > rest.length) {
      this.#rest = Buffer.allocUnsafe(needed * 2)
      rest.copy(this.#rest, 0, 0, this.#restLength)
    }
    bytes.copy(this.#rest, this.#restLength, from, to)
    this.#restLength = needed
  }

  /** Completes the packet that was kept; returns how many bytes that took. */
  #completeRest(bytes: Buffer): number {
    const { frame, version } = this.context
    let at = 0
    for (;;) {
      const rest = this.#rest! // There is a rest, therefore a buffer.
      const status = readFrame(rest, 0, this.#restLength, PACKET_BYTES_MAX, frame, version)
      if (status === FrameStatus.INCOMPLETE) {
        if (at === bytes.length) return at
        // The length may be unknown yet: then one byte more.
        const missing = frame.bodyEnd === 0 ? 1 : frame.bodyEnd - this.#restLength
        const to = Math.min(bytes.length, at + missing)
        this.#append(bytes, at, to)
        at = to
        continue
      }
      this.#restLength = 0
      if (status === FrameStatus.OK) this.#dispatch(rest, frame)
      else this.fail('the broker sent a malformed packet')
      return at
    }
  }
}
