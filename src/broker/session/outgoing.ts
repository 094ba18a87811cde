import type { Message } from '../message.ts'
import type { QoS } from '../qos.ts'

/** A shared subscription by name. */
export interface GroupName {
  readonly group: string
  readonly filter: string
}

/** Where a message on its way to one session stands. */
export const OutgoingState = {
  /** In the queue, never sent on this session, no packet identifier. */
  QUEUED: 0,
  /** Has its packet identifier, is sent once that is durable (QoS 2, persistent session). */
  HELD: 1,
  /** Sent, waits for PUBACK or PUBREC. */
  SENT: 2,
  /** QoS 2: PUBREC received, waits for PUBCOMP; the message itself is gone. */
  RELEASED: 3,
} as const
export type OutgoingState = (typeof OutgoingState)[keyof typeof OutgoingState]

/**
 * One message on its way to one session: in its queue, then in its in-flight window.
 * Plain fields: hot.
 */
export class Outgoing {
  /** Undefined once released: only the packet identifier matters then. */
  message: Message | undefined
  readonly qos: QoS
  /** Retain flag as this receiver sees it. */
  readonly retain: boolean
  readonly subscriptionIds: readonly number[] | undefined
  /** The shared subscription it came through, so that it can be given to another member. */
  readonly group: GroupName | undefined
  packetId: number
  state: OutgoingState
  /** Key of its record in the store; empty = not stored. */
  key: string
  /** Key of the shared body its record refers to; empty = the body is in the record. */
  bodyKey: string
  sizeBytes: number
  sentAtMs: number
  /** It was sent before, maybe on another connection: DUP [MQTT-3.3.1-1]. */
  sentBefore: boolean
  /** Tick in which its release was written; 0 = not released, or not stored, or long ago. */
  releasedInTick: number

  constructor(
    message: Message | undefined,
    qos: QoS,
    retain: boolean,
    subscriptionIds: readonly number[] | undefined,
    group: GroupName | undefined,
  ) {
    this.message = message
    this.qos = qos
    this.retain = retain
    this.subscriptionIds = subscriptionIds
    this.group = group
    this.packetId = 0
    this.state = OutgoingState.QUEUED
    this.key = ''
    this.bodyKey = ''
    this.sizeBytes = message === undefined ? 0 : message.sizeBytes
    this.sentAtMs = 0
    this.sentBefore = false
    this.releasedInTick = 0
  }
}
