import type { NetWire } from '#net/net-wire.ts'
import type { WireInfo } from '#broker/ports.ts'
import { WsWire } from '#net/ws-wire.ts'
import { type CloseBook, CloseReason } from './close.ts'
import type { ListenerOptions } from './listener-options.ts'

/** A timeout is looked at so many times at least before it is over: it is exact to such a part. */
const CHECKS_PER_TIMEOUT = 4
const INTERVAL_MS_MIN = 100
const INTERVAL_MS_MAX = 60_000

interface Stall {
  takenBytes: number
  sinceMs: number
}

/** Cuts connections that take nothing, or (WebSocket) send nothing, for too long. */
export class ConnectionSweep {
  readonly #options: ListenerOptions
  readonly #wires: ReadonlySet<NetWire<WireInfo>>
  readonly #book: CloseBook
  readonly #nowMs: () => number
  readonly #stalls = new Map<NetWire<WireInfo>, Stall>()
  readonly #timers: NodeJS.Timeout[] = []

  constructor(
    options: ListenerOptions,
    wires: ReadonlySet<NetWire<WireInfo>>,
    book: CloseBook,
    nowMs: () => number,
  ) {
    this.#options = options
    this.#wires = wires
    this.#book = book
    this.#nowMs = nowMs
  }

  start(): void {
    const { sendTimeoutMs, websocket } = this.#options
    const idleTimeoutMs = websocket?.idleTimeoutMs ?? Infinity
    const idleChecksMax = Math.ceil(idleTimeoutMs / intervalOf(idleTimeoutMs))
    this.#every(sendTimeoutMs, () => this.#checkSending())
    this.#every(idleTimeoutMs, () => this.#checkIdle(idleChecksMax))
  }

  stop(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer)
    this.#stalls.clear()
  }

  #every(timeoutMs: number, check: () => void): void {
    if (timeoutMs === Infinity) return
    this.#timers.push(setInterval(check, intervalOf(timeoutMs)).unref())
  }

  #checkSending(): void {
    const nowMs = this.#nowMs()
    for (const wire of this.#stalls.keys()) {
      if (wire.bufferedBytes === 0 || !this.#wires.has(wire)) this.#stalls.delete(wire)
    }
    for (const wire of this.#wires) {
      if (wire.bufferedBytes === 0) continue
      const { takenBytes } = wire
      const stall = this.#stalls.get(wire)
      if (stall === undefined) this.#stalls.set(wire, { takenBytes, sinceMs: nowMs })
      else if (stall.takenBytes !== takenBytes) {
        stall.takenBytes = takenBytes
        stall.sinceMs = nowMs
      } else if (nowMs - stall.sinceMs >= this.#options.sendTimeoutMs) {
        this.#cut(wire, CloseReason.SEND_TIMEOUT, `${wire.bufferedBytes} bytes were waiting`)
      }
    }
  }

  #checkIdle(checksMax: number): void {
    for (const wire of this.#wires) {
      if (!(wire instanceof WsWire)) continue
      wire.idleChecks += 1
      if (wire.idleChecks > checksMax) this.#cut(wire, CloseReason.IDLE_TIMEOUT)
    }
  }

  #cut(wire: NetWire<WireInfo>, reason: CloseReason, detail?: string): void {
    this.#stalls.delete(wire)
    const { peerHost: host, peerPort: port } = wire.info
    const { receiver } = wire
    this.#book.close(wire, reason, { host, port }, detail)
    // The core did not destroy it, so it has to be told.
    receiver.ended(reason)
  }
}

function intervalOf(timeoutMs: number): number {
  return Math.min(Math.max(timeoutMs / CHECKS_PER_TIMEOUT, INTERVAL_MS_MIN), INTERVAL_MS_MAX)
}
