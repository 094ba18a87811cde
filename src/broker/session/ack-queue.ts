import { PacketType } from '#codec/mqtt/packet-type.ts'
import type { AckTarget, PendingAck } from './pending-ack.ts'

/** Sends an acknowledgement whose turn has come; false when the connection is closed by that. */
export interface AckSender {
  sendPending(ack: PendingAck): boolean
}

/** For those whose connection has ended, which they must not keep in memory. */
const NOBODY: AckTarget = { drainAcks() {} }

/**
 * Acknowledgements of one connection that wait, in the order in which they leave. A PUBACK that
 * waits for actions of rules may do so for long: from there on those behind it have a queue of
 * their own, so that it holds up only what has to come after it [MQTT-4.6.0-2]. Plain fields: hot.
 */
export class AckQueue {
  /** Undefined until one had to wait: most connections never have any. */
  common: PendingAck[] | undefined
  /** PUBACKs from the first on that waits for actions. */
  held: PendingAck[] | undefined

  constructor() {
    this.common = undefined
    this.held = undefined
  }

  get count(): number {
    return (this.common?.length ?? 0) + (this.held?.length ?? 0)
  }

  /** Whether nothing that waits has to leave before one of this type. Hot. */
  isNext(type: number): boolean {
    if (type === PacketType.PUBACK && this.#isHolding) return false
    return this.common === undefined || this.common.length === 0
  }

  push(ack: PendingAck): void {
    if (ack.type === PacketType.PUBACK && this.#isHolding) this.held?.push(ack)
    else (this.common ??= []).push(ack)
  }

  /** Adds a PUBACK that waits for actions. What stood behind another PUBACK may leave now. */
  pushHeld(ack: PendingAck): void {
    if (!this.#isHolding) {
      const common = this.common ?? []
      this.held = common.filter(({ type }) => type === PacketType.PUBACK)
      this.common = common.filter(({ type }) => type !== PacketType.PUBACK)
    }
    this.held?.push(ack)
  }

  /** Sends what no longer waits; false when there was nothing. */
  drain(sender: AckSender): boolean {
    const common = sendFirst(this.common, sender)
    const held = sendFirst(this.held, sender)
    return common || held
  }

  /** The connection has ended. */
  clear(): void {
    for (const acks of [this.common, this.held]) {
      for (const ack of acks ?? []) {
        ack.target = NOBODY
        ack.onSent = undefined
      }
    }
    this.common = undefined
    this.held = undefined
  }

  get #isHolding(): boolean {
    return this.held !== undefined && this.held.length > 0
  }
}

function sendFirst(acks: PendingAck[] | undefined, sender: AckSender): boolean {
  if (acks === undefined) return false
  let count = 0
  for (const ack of acks) {
    if (ack.waiting > 0) break
    count++
    if (!sender.sendPending(ack)) break
  }
  if (count > 0) acks.splice(0, count)
  return count > 0
}
