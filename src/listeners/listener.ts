import type { Socket } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import type { ListenerSettings } from '#broker/limits.ts'
import type { Log, Refusal, Wire, WireInfo } from '#broker/ports.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { TokenBucket } from '#kernel/token-bucket.ts'
import { type Acceptor, type Incoming, openAcceptor } from '#net/acceptor.ts'
import type { HandleTools } from '#net/handle-wire.ts'
import { formatAddress, makeAddressFilter } from '#net/ip-address.ts'
import type { NetWire, WireReceiver } from '#net/net-wire.ts'
import { CloseBook, CloseReason, dropSocket } from './close.ts'
import { RateGate } from './connect-rate.ts'
import { ConnectionSweep } from './connection-sweep.ts'
import type { ListenerOptions } from './listener-options.ts'
import { type Peer, peerOf, wireInfo } from './peer.ts'
import type { SlotCounter } from './slot-counter.ts'

/** What a listener needs from its thread. */
export interface ListenerTools {
  readonly log: Log
  /** Time that never goes back, in ms. */
  readonly nowMs: () => number
  /** Hands a connection to the broker core. */
  readonly accept: (wire: Wire, listener: ListenerSettings) => WireReceiver
  /** The fast path for TCP; undefined = plain sockets. */
  readonly handleTools: HandleTools | undefined
  /** Whether new connections are to be refused now. */
  readonly overload: { refuses(zone: string): boolean }
  /** A connection was refused for that. */
  readonly overloadRefused: () => void
  /** 48 secret bytes, the same in all threads, so that any of them resumes a TLS session. */
  readonly ticketKeys: Uint8Array
}

/** Numbers of one listener in one thread. */
export interface ListenerCounts {
  readonly connections: number
  /** Connections handed to the core since the start. */
  readonly accepted: number
  readonly closed: Partial<Record<CloseReason, number>>
}

const OVERLOADED: Refusal = {
  reason: ReasonCode.SERVER_BUSY,
  reasonString: 'The server is overloaded: try again later.',
}
const TOO_OFTEN: Refusal = {
  reason: ReasonCode.CONNECTION_RATE_EXCEEDED,
  reasonString: 'Too many clients connect: try again later.',
}
/** Connections that are told why they are refused; others are just closed. */
const ANSWERS = { amount: 200, intervalMs: 1000 }

/** Takes an admitted connection through its handshakes to `listener.connect`. */
type Run = (listener: Listener, incoming: Incoming, peer: Peer) => void

/** One listener in one thread: its port, its connections and its counters. */
export class Listener {
  readonly book: CloseBook
  readonly #tools: ListenerTools
  readonly #slots: SlotCounter
  #options: ListenerOptions
  #run: Run
  #settings: ListenerSettings
  #isAllowed: (address: string) => boolean
  #gate: RateGate<Incoming>
  #sweep: ConnectionSweep
  /** Refusals that may still be told to the client. */
  readonly #answers: TokenBucket
  readonly #handshakes = new Set<Socket>()
  readonly #wires = new Set<NetWire<WireInfo>>()
  #isHolding: boolean
  #acceptedCount = 0
  #acceptor: Acceptor | undefined
  #gateTimer: NodeJS.Timeout | undefined

  /**
   * @param isHolding connections wait for `serve`, up to `backlog` of them
   * @throws when an access rule holds no valid address
   */
  constructor(
    options: ListenerOptions,
    run: Run,
    slots: SlotCounter,
    tools: ListenerTools,
    isHolding: boolean,
  ) {
    this.#options = options
    this.#isHolding = isHolding
    this.book = new CloseBook(options.id, tools.log, tools.nowMs)
    this.#tools = tools
    this.#run = run
    this.#slots = slots
    this.#settings = settingsOf(options)
    this.#answers = new TokenBucket(ANSWERS, undefined, tools.nowMs())
    this.#isAllowed = makeAddressFilter(options.accessRules)
    this.#gate = this.#makeGate(options)
    this.#sweep = new ConnectionSweep(options, this.#wires, this.book, tools.nowMs)
  }

  /** What it goes by; those of its socket are from when it was opened. */
  get options(): ListenerOptions {
    return this.#options
  }

  /**
   * Goes by other options from now on. Connections stay; what they were let in with stays theirs.
   * @param options of the same socket
   * @throws when an access rule holds no valid address; nothing has changed then
   */
  use(options: ListenerOptions, run: Run): void {
    this.#isAllowed = makeAddressFilter(options.accessRules)
    const before = this.#options
    this.#options = options
    this.#run = run
    this.#settings = settingsOf(options)
    this.#sweep.stop()
    this.#sweep = new ConnectionSweep(options, this.#wires, this.book, this.#tools.nowMs)
    if (this.#acceptor !== undefined) this.#sweep.start()
    if (!isDeepStrictEqual(rateOf(before), rateOf(options))) this.#changeGate(options)
  }

  get connectionCount(): number {
    return this.#wires.size + this.#handshakes.size
  }

  /** Numbers of this thread; connections in a handshake count as open. */
  counts(): ListenerCounts {
    return {
      connections: this.connectionCount,
      accepted: this.#acceptedCount,
      closed: this.book.counts(),
    }
  }

  /**
   * Opens the port and returns it.
   * @throws ListenError
   */
  async open(): Promise<number> {
    const events = {
      accepted: (incoming: Incoming) => this.#arrived(incoming),
      failed: (code: string) => this.book.note(CloseReason.ACCEPT_FAILED, { code }),
      vanished: () => {
        this.#tools.log.debug('connection_gone_before_accept', { listener: this.options.id })
      },
    }
    this.#acceptor = await openAcceptor(this.options, events, this.#tools.handleTools)
    this.#sweep.start()
    return this.#acceptor.port
  }

  /** Serves connections from now on, those that wait first. */
  serve(): void {
    this.#isHolding = false
    this.#admitWaiting()
  }

  /** Accepts nothing more; connections stay. */
  async closePort(): Promise<void> {
    clearTimeout(this.#gateTimer)
    for (const incoming of this.#gate.drain()) incoming.refuse()
    const acceptor = this.#acceptor
    this.#acceptor = undefined
    await acceptor?.close()
  }

  /** Accepts nothing more and ends all connections. */
  async stop(): Promise<void> {
    await this.closePort()
    this.#sweep.stop()
    for (const socket of this.#handshakes) dropSocket(socket)
    const count = this.#wires.size
    for (const wire of this.#wires) wire.end()
    if (count > 0) this.book.note(CloseReason.LISTENER_STOPPED, { connections: count })
  }

  /** A connection whose wire stands on `socket`: it holds a place until the socket closes. */
  track(socket: Socket): Socket {
    this.#handshakes.add(socket)
    socket.on('error', () => {}) // The cause is told by the stage that reads from the socket.
    socket.once('close', () => {
      this.#handshakes.delete(socket)
      this.#slots.give()
    })
    return socket
  }

  /** A connection that is a wire from the start: it holds a place until the wire closes. */
  trackWire(wire: NetWire<WireInfo>): void {
    this.#wires.add(wire)
    wire.onClosed = () => {
      this.#wires.delete(wire)
      this.#slots.give()
    }
  }

  /** Facts about the peer in the form of the core. */
  infoOf(peer: Peer): WireInfo {
    return wireInfo(this.options, peer)
  }

  /** The socket under `wire` has done its handshakes. */
  connectOver(socket: Socket, wire: NetWire<WireInfo>): void {
    this.#handshakes.delete(socket)
    this.#wires.add(wire)
    wire.onClosed = () => this.#wires.delete(wire)
    this.connect(wire)
  }

  /** Hands a wire to the core and begins to read. */
  connect(wire: NetWire<WireInfo>): void {
    this.#acceptedCount += 1
    wire.receiver = this.#tools.accept(wire, this.#settings)
    wire.start()
  }

  #makeGate({ connectRate, connectBurst, backlog }: ListenerOptions): RateGate<Incoming> {
    return new RateGate(connectRate, connectBurst, backlog, this.#tools.nowMs)
  }

  /** Those that wait go on waiting at the new one. */
  #changeGate(options: ListenerOptions): void {
    const waiting = this.#gate.drain()
    this.#gate = this.#makeGate(options)
    for (const incoming of waiting) this.#gate.hold(incoming)
    clearTimeout(this.#gateTimer)
    this.#gateTimer = undefined
    this.#waitForGate()
  }

  #arrived(incoming: Incoming): void {
    if (this.#tools.overload.refuses(this.options.zone)) {
      this.#tools.overloadRefused()
      return this.#turnAway(incoming, OVERLOADED, CloseReason.OVERLOAD)
    }
    if (!this.#isHolding && this.#gate.pass()) return this.#admit(incoming)
    if (this.options.refuseAboveRate && !this.#isHolding) {
      return this.#turnAway(incoming, TOO_OFTEN, CloseReason.CONNECT_RATE)
    }
    if (!this.#gate.hold(incoming)) this.#refuse(incoming, CloseReason.CONNECT_RATE)
    this.#waitForGate()
  }

  /** Lets the connection come so far that it can be told why; in a flood there is no time. */
  #turnAway(incoming: Incoming, refusal: Refusal, reason: CloseReason): void {
    const nowMs = this.#tools.nowMs()
    if (!this.#answers.hasOne(nowMs)) return this.#refuse(incoming, reason)
    this.#answers.take(1, nowMs)
    this.book.note(reason, { peername: formatAddress(incoming.peerHost, incoming.peerPort) })
    this.#admit(incoming, refusal)
  }

  #admit(incoming: Incoming, refusal?: Refusal): void {
    if (!this.#isAllowed(incoming.peerHost)) this.#refuse(incoming, CloseReason.ACCESS_RULES)
    else if (this.#slots.take(this.options.connectionsMax)) {
      this.#run(this, incoming, peerOf(incoming, refusal))
    } else this.#refuse(incoming, CloseReason.MAX_CONNECTIONS)
  }

  #refuse(incoming: Incoming, reason: CloseReason): void {
    const peer = { host: incoming.peerHost, port: incoming.peerPort }
    this.book.close(incoming, reason, peer)
  }

  #admitWaiting(): void {
    for (const incoming of this.#gate.release()) this.#admit(incoming)
    this.#waitForGate()
  }

  #waitForGate(): void {
    if (this.#isHolding) return
    const waitMs = this.#gate.waitMs()
    if (waitMs === undefined || this.#gateTimer !== undefined) return
    this.#gateTimer = setTimeout(() => {
      this.#gateTimer = undefined
      this.#admitWaiting()
    }, waitMs)
  }
}

function settingsOf({ id, mountpoint, rates }: ListenerOptions): ListenerSettings {
  return { id, mountpoint, rates }
}

function rateOf({ connectRate, connectBurst }: ListenerOptions): object {
  return { connectRate, connectBurst }
}
