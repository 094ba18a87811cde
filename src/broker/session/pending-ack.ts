import type { StoreFailure } from '../ports.ts'

/** Who sends the acknowledgement once it may leave. */
export interface AckTarget {
  /** Sends, in order, what no longer waits. */
  drainAcks(): void
}

/**
 * An acknowledgement that must wait: for a commit, for other shards, or behind another one,
 * because acknowledgements leave in the order of what they acknowledge [MQTT-4.6.0-2]
 * [MQTT-4.6.0-3] [MQTT-4.6.0-4] [MQTT311-4.6.0-6].
 */
export class PendingAck {
  /** Another one when the connection has ended: it is not kept by what is still awaited. */
  target: AckTarget
  /** PUBACK, PUBREC, PUBCOMP; 0 when `frame` is sent as it is. */
  readonly type: 0 | 4 | 5 | 6 | 7
  readonly packetId: number
  reason: number
  /** A finished packet (SUBACK, UNSUBACK) that only waits for its turn. */
  frame: Buffer | undefined
  /** It acknowledges a PUBLISH, which counts against the receive maximum until it leaves. */
  publish: boolean
  /** What must still happen before it may leave. */
  waiting: number
  /** Why what it acknowledges could not be made safe. */
  failure: StoreFailure | undefined
  /** Why an action of a rule, which it waited for, does not have what it acknowledges. */
  lost: string | undefined
  /** Called right after it was written. */
  onSent: (() => void) | undefined

  constructor(
    target: AckTarget,
    type: 0 | 4 | 5 | 6 | 7,
    packetId: number,
    reason: number,
    waiting: number,
  ) {
    this.target = target
    this.type = type
    this.packetId = packetId
    this.reason = reason
    this.frame = undefined
    this.publish = false
    this.waiting = waiting
    this.failure = undefined
    this.lost = undefined
    this.onSent = undefined
  }
}
