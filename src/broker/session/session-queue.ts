import { prefixEnd } from '#kernel/binary-key.ts'
import { LazySet } from '#kernel/lazy-map.ts'
import type { Receiver } from '../hooks.ts'
import type { Zone } from '../zones.ts'
import { Metric } from '../metrics.ts'
import type { MqttSettings } from '../limits.ts'
import { Table } from '../ports.ts'
import type { SessionContext } from './context.ts'
import { hexOfKey, laneKey, laneOfKey, queueKey, sequenceOfKey } from './keys.ts'
import { OutgoingState } from './outgoing.ts'
import type { Outgoing } from './outgoing.ts'
import { noteReceived } from './origin.ts'
import {
  bodyKeyOf,
  decodeOutgoing,
  encodeOutgoing,
  recordedPacketId,
  recordedQos,
} from './outgoing-record.ts'

/** Stored messages that are held in memory as well; what follows them is read when needed. */
const MEMORY_MESSAGES_MAX = 256
/** Messages of a full queue that are read at a time, to be dropped while the client is away. */
const DROPPED_READ_MAX = 16
const LANE_LOWEST = 255
/** Messages taken from a higher lane before a lower one gets a turn. */
const LANE_TURN = 10
/** Rough bytes of a queue record that are not the message: charged per message. */
const RECORD_OVERHEAD_BYTES = 64

/**
 * One priority of a queue. Entries in memory come first, those only in the store (`storedOnly`)
 * behind them; the latter exist for persistent sessions alone.
 */
interface Lane {
  /** 255 - priority: lanes with a small number go first. */
  readonly order: number
  entries: Outgoing[]
  /** Its entries are there to be dropped, without their messages. */
  bare: boolean
  /** Index of the first entry not yet taken. */
  head: number
  storedOnly: number
  /** Messages taken since a lower lane had a turn. */
  taken: number
  /** Key of the message taken last: what is read from the store comes behind it. */
  takenKey: string
}

/** The session that a queue belongs to. */
export interface QueueOwner extends Receiver {
  /** Whose limits hold. */
  readonly zone: Zone
}

/**
 * Messages that wait for their session: bounded in count and bytes, one lane per priority.
 *
 * The queue of a persistent session is in the store; memory holds at most the head of it, and none
 * while its client is away, so that a million queued messages cost no memory. A transient
 * session's queue is in memory only.
 * Order within a lane is the order of arrival [MQTT-4.6.0-6].
 */
export class SessionQueue {
  readonly #context: SessionContext
  /** Prefix of all its keys; empty for a transient session. */
  readonly #storeKey: string
  readonly #lanes: Lane[]
  #nextSequence: number
  count: number
  /** Those of QoS 0: others of QoS 0 must not overtake them. */
  qos0Count: number
  /** Messages that had no room, since this object was made. */
  dropped: number
  bytes: number
  readonly #owner: QueueOwner
  /** While its session is offline a stored queue keeps nothing in memory. */
  #inMemory: boolean
  /** Its records are from before a restart or a move and have not been counted. */
  #unread: boolean
  /** The session has not asked for those that were in flight then. */
  #unrecovered: boolean
  /** Keys of messages that another shard is taking over; they stay until it has stored them. */
  readonly #given: LazySet<string>

  /** @param owner the session, as those see it who watch */
  constructor(context: SessionContext, storeKey: string, owner: QueueOwner) {
    this.#context = context
    this.#owner = owner
    this.#storeKey = storeKey
    this.#lanes = []
    this.#nextSequence = 0
    this.count = 0
    this.qos0Count = 0
    this.dropped = 0
    this.bytes = 0
    this.#inMemory = true
    this.#unread = false
    this.#unrecovered = false
    this.#given = new LazySet()
  }

  /** Its records are in the store already; they are counted when it is first used. */
  markUnread(): void {
    this.#unread = true
    this.#unrecovered = true
  }

  /** Tells whether the session is connected: an offline stored queue leaves memory. */
  setOnline(online: boolean): void {
    if (!this.stored) return
    this.#inMemory = online
    for (const lane of this.#lanes) {
      if (online && !lane.bare) continue
      leaveMemory(lane)
      lane.takenKey = ''
    }
  }

  /** True when its messages are kept in the store. */
  get stored(): boolean {
    return this.#storeKey !== ''
  }

  /**
   * Adds a message at the end of its lane. A full queue drops by policy.
   * @param shared other queues get the same message: its body is stored once
   * @returns false when the message itself was dropped
   */
  add(outgoing: Outgoing, shared: boolean): boolean {
    const { mqtt } = this.#owner.zone
    if (this.#unread) this.#read(undefined)
    if (!this.#makeRoom(outgoing, mqtt)) return false
    const lane = this.#laneOf(outgoing, mqtt)
    if (this.stored) this.persist(outgoing, shared, lane.order)
    this.#counted(outgoing)
    const inMemory = lane.entries.length - lane.head
    const leave = lane.storedOnly > 0 || inMemory >= MEMORY_MESSAGES_MAX || !this.#inMemory
    if (this.stored && leave) {
      lane.storedOnly++
      return true
    }
    outgoing.message?.own()
    lane.entries.push(outgoing)
    return true
  }

  /** Number of the next message; the new owner of a moving session goes on from it. */
  get nextSequence(): number {
    return this.#nextSequence
  }

  set nextSequence(sequence: number) {
    this.#nextSequence = sequence
  }

  /** Writes the record of a message that is new to this session. */
  persist(outgoing: Outgoing, shared: boolean, laneOrder = LANE_LOWEST): void {
    const { message } = outgoing
    if (message !== undefined) outgoing.bodyKey = this.#context.bodies.retain(message, shared)
    outgoing.key = queueKey(this.#storeKey, laneOrder, this.#nextSequence++)
    this.#context.store.put(Table.QUEUE, outgoing.key, encodeOutgoing(outgoing), true)
    if (outgoing.qos === 2 && message !== undefined) {
      noteReceived(this.#context.store, message, this.#storeKey, outgoing.group)
    }
    if (outgoing.qos > 0) this.#context.noteDurableWrite()
  }

  /** Writes the record again after its state changed. */
  update(outgoing: Outgoing): void {
    if (outgoing.key === '') return
    this.#context.store.put(Table.QUEUE, outgoing.key, encodeOutgoing(outgoing))
    this.#context.noteDurableWrite()
  }

  /** Removes the record of a message that is done, and its claim on a shared body. */
  forget(outgoing: Outgoing): void {
    if (outgoing.key === '') return
    this.#context.store.remove(Table.QUEUE, outgoing.key)
    if (outgoing.bodyKey !== '') this.#context.releaseBody(outgoing.bodyKey)
    outgoing.key = ''
    outgoing.bodyKey = ''
  }

  /** Another shard is taking the message over: it is passed over here, its record stays. */
  markGiven(outgoing: Outgoing): void {
    if (outgoing.key !== '') this.#given.add(outgoing.key)
  }

  /** True while another shard is taking messages over. */
  get isGiving(): boolean {
    return this.#given.size > 0
  }

  /** The other shard has stored the message. When the session ended, its record went with it. */
  forgetGiven(outgoing: Outgoing): void {
    if (this.#given.delete(outgoing.key)) this.forget(outgoing)
  }

  /** Lets go of the body of a released QoS 2 message whose record lives on without it. */
  dropBody(outgoing: Outgoing): void {
    outgoing.message = undefined
    if (outgoing.bodyKey !== '') this.#context.releaseBody(outgoing.bodyKey)
    outgoing.bodyKey = ''
  }

  /** Takes the next message out; undefined when there is none. Its record stays. */
  take(): Outgoing | undefined {
    for (;;) {
      const lane = this.#nextLane()
      if (lane === undefined) return undefined
      const entry = this.#takeFrom(lane)
      if (entry !== undefined) return entry
    }
  }

  /** Puts messages that were taken back at the front of their lanes, in their order. */
  putBack(taken: readonly Outgoing[]): void {
    for (const outgoing of taken.toReversed()) {
      const { key } = outgoing
      const { mqtt } = this.#owner.zone
      const lane = key === '' ? this.#laneOf(outgoing, mqtt) : this.#laneAt(laneOfKey(key))
      if (lane.head > 0) lane.entries[--lane.head] = outgoing
      else lane.entries.unshift(outgoing)
      this.#counted(outgoing)
    }
    if (!this.#inMemory) this.setOnline(false)
  }

  /** Visits up to `limit` messages from the front that are in memory: all of a transient one. */
  *peek(limit: number): Generator<Outgoing> {
    let left = limit
    for (const lane of this.#lanes) {
      for (let index = lane.head; index < lane.entries.length && left > 0; index++, left--) {
        yield lane.entries[index]! // In range: the loop's condition.
      }
    }
  }

  /** Removes everything, records included. */
  clear(): void {
    this.#unread = false
    this.#unrecovered = false
    this.#given.clear()
    this.#lanes.length = 0
    this.count = 0
    this.qos0Count = 0
    this.bytes = 0
    if (!this.stored) return
    const { store } = this.#context
    const keys: string[] = []
    const bodies: string[] = []
    store.scan(Table.QUEUE, this.#storeKey, prefixEnd(this.#storeKey), (key, value) => {
      keys.push(key)
      const bodyKey = bodyKeyOf(value)
      if (bodyKey !== undefined) bodies.push(bodyKey)
      return true
    })
    for (const key of keys) store.remove(Table.QUEUE, key)
    for (const bodyKey of bodies) this.#context.releaseBody(bodyKey)
  }

  /** What was in flight before a restart or a move, in order; given once. */
  recover(): Outgoing[] {
    const inflight: Outgoing[] = []
    if (this.#unrecovered) this.#read(inflight)
    return inflight
  }

  /**
   * Lets go of messages in flight while their client is away: the store has them. One without a
   * record keeps its message.
   */
  unload(inflight: Iterable<Outgoing>): void {
    for (const outgoing of inflight) if (outgoing.key !== '') outgoing.message = undefined
  }

  /** Reads a message of the window again that was let go of; false when it cannot be read. */
  reload(outgoing: Outgoing): boolean {
    if (outgoing.message !== undefined || outgoing.state === OutgoingState.RELEASED) return true
    const { store, router } = this.#context
    const value = store.get(Table.QUEUE, outgoing.key)
    const stored = value && decodeOutgoing(outgoing.key, value, store, router)
    if (stored?.message === undefined) {
      this.#removeUnreadable(outgoing.key)
      return false
    }
    outgoing.message = stored.message
    return true
  }

  #removeUnreadable(key: string): void {
    const { store, log } = this.#context
    log.error('stored_message_unreadable', { key: hexOfKey(key), action: 'removed' })
    store.remove(Table.QUEUE, key)
  }

  /**
   * Counts the records in the store.
   * @param inflight gets those that were in flight
   */
  #read(inflight: Outgoing[] | undefined): void {
    const { store, router } = this.#context
    this.#unread = false
    if (inflight !== undefined) this.#unrecovered = false
    const corrupt: string[] = []
    this.#lanes.length = 0
    this.count = 0
    this.qos0Count = 0
    this.bytes = 0
    store.scan(Table.QUEUE, this.#storeKey, prefixEnd(this.#storeKey), (key, value) => {
      const sequence = sequenceOfKey(key)
      this.#nextSequence = Math.max(this.#nextSequence, sequence + 1)
      if (recordedPacketId(value) === 0) {
        const lane = this.#laneAt(laneOfKey(key))
        lane.storedOnly++
        this.count++
        if (recordedQos(value) === 0) this.qos0Count++
        this.bytes += value.length
        return true
      }
      if (inflight === undefined) return true
      const outgoing = decodeOutgoing(key, value, store, router)
      if (outgoing === undefined) corrupt.push(key)
      else inflight.push(outgoing)
      return true
    })
    for (const key of corrupt) this.#removeUnreadable(key)
  }

  #counted(outgoing: Outgoing): void {
    this.count++
    if (outgoing.qos === 0) this.qos0Count++
    this.bytes += outgoing.sizeBytes + RECORD_OVERHEAD_BYTES
  }

  #takeFrom(lane: Lane): Outgoing | undefined {
    if (lane.bare) leaveMemory(lane)
    return this.#takeNext(lane, MEMORY_MESSAGES_MAX)
  }

  /** While the client is away messages do not come into memory to be dropped. */
  #takeBare(lane: Lane): Outgoing | undefined {
    if (lane.entries.length > 0 && !lane.bare) leaveMemory(lane)
    lane.bare = true
    return this.#takeNext(lane, DROPPED_READ_MAX)
  }

  /** @param readMax what is read from the store at a time when nothing is in memory */
  #takeNext(lane: Lane, readMax: number): Outgoing | undefined {
    if (lane.head === lane.entries.length) {
      lane.entries = []
      lane.head = 0
      while (lane.storedOnly > 0 && lane.entries.length === 0) this.#load(lane, readMax)
      if (lane.entries.length === 0) return undefined
    }
    const entry = lane.entries[lane.head]! // In range: checked above.
    lane.head++
    lane.takenKey = entry.key
    if (lane.head >= 64 && lane.head * 2 >= lane.entries.length) {
      lane.entries = lane.entries.slice(lane.head)
      lane.head = 0
    }
    this.count--
    if (entry.qos === 0) this.qos0Count--
    this.bytes = Math.max(0, this.bytes - entry.sizeBytes - RECORD_OVERHEAD_BYTES)
    if (this.count === 0) {
      this.qos0Count = 0
      this.bytes = 0
    }
    return entry
  }

  /** Reads up to `readMax` messages of a lane, the next ones, from the store into memory. */
  #load(lane: Lane, readMax: number): void {
    const { store, router } = this.#context
    const last = lane.entries.at(-1)?.key ?? lane.takenKey
    const from = last === '' ? laneKey(this.#storeKey, lane.order) : `${last}\0`
    const until = laneKey(this.#storeKey, lane.order + 1)
    const corrupt: string[] = []
    let seen = 0
    store.scan(Table.QUEUE, from, until, (key, value) => {
      // In flight already, or given to another member.
      if (recordedPacketId(value) !== 0 || this.#given.has(key)) return true
      seen++
      const outgoing = decodeOutgoing(key, value, store, router)
      if (outgoing === undefined) corrupt.push(key)
      else {
        if (lane.bare) outgoing.message = undefined
        lane.entries.push(outgoing)
      }
      return seen < readMax && seen < lane.storedOnly
    })
    this.count -= corrupt.length
    for (const key of corrupt) this.#removeUnreadable(key)
    if (seen === 0) {
      // The store has less than was counted: someone removed records by hand.
      this.count -= lane.storedOnly
      lane.storedOnly = 0
      if (this.count === 0) this.qos0Count = 0
    } else lane.storedOnly -= seen
  }

  #makeRoom(outgoing: Outgoing, mqtt: MqttSettings): boolean {
    const { metrics, hooks } = this.#context
    const bytes = outgoing.sizeBytes + RECORD_OVERHEAD_BYTES
    const full = (): boolean =>
      this.count > 0 &&
      (this.count >= mqtt.queueMessagesMax || this.bytes + bytes > mqtt.queueBytesMax)
    while (full()) {
      this.dropped++
      metrics.increment(Metric.DELIVERY_DROPPED)
      metrics.increment(
        outgoing.qos === 0 ? Metric.DELIVERY_DROPPED_QOS0_MSG : Metric.DELIVERY_DROPPED_QUEUE_FULL,
      )
      const isNewest = mqtt.queueDropPolicy === 'drop_newest'
      const dropped = isNewest ? outgoing : this.#takeOldestOfLowest()
      if (hooks.deliveryDropped !== undefined && dropped !== undefined && this.reload(dropped)) {
        const reason = outgoing.qos === 0 ? 'qos0_msg' : 'queue_full'
        if (dropped.message) hooks.deliveryDropped(this.#owner, dropped.message, reason)
      }
      if (isNewest) return false
      if (dropped === undefined) return true
      this.forget(dropped)
    }
    return true
  }

  #takeOldestOfLowest(): Outgoing | undefined {
    for (let index = this.#lanes.length - 1; index >= 0; index--) {
      const lane = this.#lanes[index]! // In range: the loop's bounds.
      const entry = this.#inMemory ? this.#takeFrom(lane) : this.#takeBare(lane)
      if (entry !== undefined) return entry
    }
    return undefined
  }

  /** The highest lane that has messages, but after a turn of it the next lower one, once. */
  #nextLane(): Lane | undefined {
    let highest: Lane | undefined
    for (let index = 0; index < this.#lanes.length; index++) {
      const lane = this.#lanes[index]! // In range, here and below.
      if (lane.storedOnly === 0 && lane.head === lane.entries.length) continue
      highest ??= lane
      if (lane.taken >= LANE_TURN) continue
      for (let above = 0; above < index; above++) this.#lanes[above]!.taken = 0
      lane.taken++
      return lane
    }
    // Those that have messages have all had their turn.
    for (const lane of this.#lanes) lane.taken = 0
    if (highest !== undefined) highest.taken = 1
    return highest
  }

  #laneOf(outgoing: Outgoing, mqtt: MqttSettings): Lane {
    if (mqtt.queuePriorities === undefined) return this.#laneAt(LANE_LOWEST)
    const topic = outgoing.message?.topic.topic ?? ''
    const standard = mqtt.queueDefaultPriority === 'highest' ? LANE_LOWEST : 0
    return this.#laneAt(LANE_LOWEST - (mqtt.queuePriorities.get(topic) ?? standard))
  }

  #laneAt(order: number): Lane {
    for (const lane of this.#lanes) if (lane.order === order) return lane
    const lane: Lane = {
      order,
      entries: [],
      bare: false,
      head: 0,
      storedOnly: 0,
      taken: 0,
      takenKey: '',
    }
    this.#lanes.push(lane)
    this.#lanes.sort((a, b) => a.order - b.order)
    return lane
  }
}

/** What is in memory of a stored queue goes back to what is in the store alone. */
function leaveMemory(lane: Lane): void {
  lane.storedOnly += lane.entries.length - lane.head
  lane.entries = []
  lane.bare = false
  lane.head = 0
}
