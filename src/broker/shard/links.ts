import type { ByteWriter } from '#kernel/byte-writer.ts'
import { decodeUtf8, utf8Length } from '#codec/mqtt/utf8.ts'
import { messageBytesLength, readMessage, writeMessage } from '../message-bytes.ts'
import type { Message } from '../message.ts'
import type { QoS } from '../qos.ts'
import type { StoreFailure } from '../ports.ts'
import type { GroupRoute } from '../router/routes.ts'
import { Outgoing } from '../session/outgoing.ts'
import type { PendingAck } from '../session/pending-ack.ts'
import { bodyItemLength, isBodyItem, readBodyItem, writeBodyItem } from './body-item.ts'
import { settle } from './core.ts'
import type { ShardCore } from './core.ts'
import type { BatchDurable, ShardMessage } from './messages.ts'

/** Binary items between shards: u32 length of the rest, u8 kind, then what the kind says. */
const ItemKind = {
  /** A message for all ordinary subscribers of the receiver. */
  PUBLISH: 1,
  /** A message for one member of a shared subscription: hops, group, filter, client id. */
  MEMBER: 2,
  /** A message for one session that moved: QoS, retain, subscription identifiers, group, client. */
  FORWARD: 3,
  /** As PUBLISH, for a message that may be sent on as it came, see body-item.ts. */
  BODY: 4,
} as const

/** Bit of the flags of a FORWARD item. */
const HAS_GROUP = 8
/** Subscription identifiers that a FORWARD item can count. */
const FORWARDED_IDS_MAX = 65_535

/** What a shard does with the items it receives. */
export interface ItemHandler {
  published(message: Message, from: number): void
  publishedToMember(
    message: Message,
    group: string,
    filter: string,
    clientId: string,
    hops: number,
  ): void
  forwarded(clientId: string, outgoing: Outgoing): void
}

/** Bytes on the way to one shard above which publishers to it are no longer read. */
const IN_FLIGHT_BYTES_HIGH = 33_554_432
/** Bytes below which they are read again. */
const IN_FLIGHT_BYTES_LOW = 8_388_608

/** A connection whose packets can be held back. */
export interface Parkable {
  park(): void
  unpark(): void
}

interface Batch {
  readonly sequence: number
  readonly waiters: PendingAck[]
}

interface Mark {
  open: number
  readonly done: () => void
}

/**
 * The ways to the sibling shards: encodes what crosses, and keeps which acknowledgements wait
 * until a sibling has made its part safe. One `batch-end` per tick and shard asks for all of them.
 */
export class Links {
  readonly #core: ShardCore
  /** By shard: acknowledgements that wait for what was sent to it in this tick. */
  readonly #waiters: PendingAck[][]
  /** By shard: batches sent and not yet answered, oldest first. */
  readonly #batches: Batch[][]
  /** Marks that not all siblings have seen, by token. */
  readonly #marks: Map<number, Mark>
  #nextSequence: number
  /** Publishers that wait until siblings have taken in what is on the way. */
  readonly #heldBack: Set<Parkable>
  /** Bit s: the store of shard s took nothing new when it was asked last. */
  unhealthy: number
  /** Bit s: shard s is being asked whether it does again. */
  #probing: number
  /** Bit s: something was forwarded to shard s while a sibling's batch was taken in. */
  forwardedTo: number

  constructor(core: ShardCore) {
    this.#core = core
    this.#waiters = Array.from({ length: core.shardCount }, () => [])
    this.#batches = Array.from({ length: core.shardCount }, () => [])
    this.#marks = new Map()
    this.#nextSequence = 1
    this.#heldBack = new Set()
    this.forwardedTo = 0
    this.unhealthy = 0
    this.#probing = 0
  }

  /** Sends a control message behind everything sent before. */
  send(shard: number, message: ShardMessage): void {
    this.#core.startTick()
    this.#core.fabric.send(shard, message)
  }

  /** Sends a control message to all siblings; returns how many there are. */
  broadcast(message: ShardMessage): number {
    let count = 0
    for (let shard = 0; shard < this.#core.shardCount; shard++) {
      if (shard === this.#core.shard) continue
      this.send(shard, message)
      count++
    }
    return count
  }

  /** Sends a message to the ordinary subscribers of a shard. Hot path. */
  publish(shard: number, message: Message): void {
    if (isBodyItem(message)) {
      const writer = this.#start(shard, ItemKind.BODY, bodyItemLength(message))
      writer.offset = writeBodyItem(writer.bytes, writer.offset, message)
      return
    }
    const writer = this.#begin(shard, ItemKind.PUBLISH, 0, message)
    putMessage(writer, message)
  }

  /** Holds a publisher back while a shard that it just published to is far behind. Hot path. */
  throttle(connection: Parkable, shards: number): void {
    for (let shard = 0; shard < this.#waiters.length; shard++) {
      if ((shards & (1 << shard)) === 0) continue
      if (this.#core.fabric.inFlightBytes(shard) <= IN_FLIGHT_BYTES_HIGH) continue
      if (this.#heldBack.has(connection)) return
      this.#heldBack.add(connection)
      connection.park()
      return
    }
  }

  /** Publishers held back at the moment. */
  get heldBack(): number {
    return this.#heldBack.size
  }

  /** Lets publishers go on once all siblings have caught up. Host time: once per advance. */
  release(): void {
    if (this.#heldBack.size === 0) return
    for (let shard = 0; shard < this.#waiters.length; shard++) {
      if (shard === this.#core.shard) continue
      if (this.#core.fabric.inFlightBytes(shard) > IN_FLIGHT_BYTES_LOW) return
    }
    const released = [...this.#heldBack]
    this.#heldBack.clear()
    for (const connection of released) connection.unpark()
  }

  /** Sends a message to one member of a shared subscription. */
  publishToMember(
    shard: number,
    message: Message,
    group: GroupRoute,
    clientId: string,
    hops: number,
  ): void {
    const texts = [group.group, group.filter, clientId]
    let length = 1
    for (const text of texts) length += 2 + utf8Length(text)
    const writer = this.#begin(shard, ItemKind.MEMBER, length, message)
    writer.bytes[writer.offset++] = hops
    for (const text of texts) putText(writer, text)
    putMessage(writer, message)
  }

  /** Sends a message on to a session that moved. */
  forward(shard: number, clientId: string, outgoing: Outgoing, message: Message): void {
    const ids = (outgoing.subscriptionIds ?? []).slice(0, FORWARDED_IDS_MAX)
    const { group } = outgoing
    const texts = group === undefined ? [clientId] : [group.group, group.filter, clientId]
    let length = 3 + 4 * ids.length
    for (const text of texts) length += 2 + utf8Length(text)
    const writer = this.#begin(shard, ItemKind.FORWARD, length, message)
    writer.bytes[writer.offset++] =
      outgoing.qos | (outgoing.retain ? 4 : 0) | (group === undefined ? 0 : HAS_GROUP)
    writer.offset = writer.bytes.writeUInt16BE(ids.length, writer.offset)
    for (const id of ids) writer.offset = writer.bytes.writeUInt32BE(id, writer.offset)
    for (const text of texts) putText(writer, text)
    putMessage(writer, message)
    this.forwardedTo |= 1 << shard
    this.#core.routeRemote |= 1 << shard
  }

  /** Lets an acknowledgement wait until these shards have made their part of this tick safe. */
  awaitShards(ack: PendingAck, shards: number): void {
    for (let shard = 0; shard < this.#waiters.length; shard++) {
      if ((shards & (1 << shard)) === 0) continue
      ack.waiting++
      this.#waiters[shard]!.push(ack) // In range: one list per shard.
    }
  }

  /**
   * Lets an acknowledgement wait until these shards have taken in what was sent to them in this
   * tick, whether or not they can store it.
   */
  awaitTakenIn(ack: PendingAck, shards: number): void {
    if (shards === 0) return
    ack.waiting++
    this.awaitShards(
      waitingCall(() => settle(ack, undefined)),
      shards,
    )
  }

  /** Asks shards that could not store whether they can now. Host time: once per advance. */
  probe(): void {
    const asked = this.unhealthy & ~this.#probing
    for (let shard = 0; shard < this.#waiters.length; shard++) {
      const bit = 1 << shard
      if ((asked & bit) === 0) continue
      this.#probing |= bit
      const done = (): void => {
        this.#probing &= ~bit
      }
      this.awaitShards(waitingCall(done), bit)
    }
  }

  /** All siblings, as a set of bits. */
  get siblings(): number {
    return ((1 << this.#core.shardCount) - 1) & ~(1 << this.#core.shard)
  }

  /**
   * Calls back once everything sent so far has been taken in and made safe by all siblings, and
   * what they had written before is visible here. At once when there are none.
   */
  whenAllSafe(done: (failure: StoreFailure | undefined) => void): void {
    if (this.siblings === 0) {
      done(undefined)
      return
    }
    const ack = waitingCall(done)
    this.awaitShards(ack, this.siblings)
    this.#core.awaitEarly(ack)
    this.#core.startTick()
  }

  /** Calls back once all siblings have taken in what was sent so far, stored or not. */
  whenTakenIn(done: () => void): void {
    if (this.siblings === 0) {
      done()
      return
    }
    const token = this.#nextSequence++
    this.#marks.set(token, { open: this.broadcast({ kind: 'mark', token }), done })
  }

  /** A sibling has taken in what was sent before the mark. */
  markSeen(token: number): void {
    const mark = this.#marks.get(token)
    if (mark === undefined) throw new Error(`a mark ${token} was seen that nobody set`)
    if (--mark.open > 0) return
    this.#marks.delete(token)
    mark.done()
  }

  /**
   * Gives up a reference to a body that a sibling counts, once the record that referred to it is
   * gone for good: a crash may come between the commits of the two shards.
   */
  releaseBody(owner: number, key: string): void {
    const forgotten = waitingCall((failure) => {
      if (failure === undefined) this.send(owner, { kind: 'release-body', key })
      else this.#core.atNextAdvance(() => this.releaseBody(owner, key))
    })
    this.#core.awaitCommit(forgotten)
  }

  /** End of tick: asks every shard that somebody waits for. */
  endTick(): void {
    for (let shard = 0; shard < this.#waiters.length; shard++) {
      const waiters = this.#waiters[shard]! // In range: one list per shard.
      if (waiters.length === 0) continue
      this.#waiters[shard] = []
      const sequence = this.#nextSequence++
      this.#batches[shard]!.push({ sequence, waiters }) // As above.
      this.send(shard, { kind: 'batch-end', sequence })
    }
  }

  /** A sibling asks when everything it sent so far is safe here, and where we passed it on to. */
  batchEnded(from: number, sequence: number): void {
    let waiting = 1
    let failed: StoreFailure | undefined
    const done = (failure: StoreFailure | undefined): void => {
      failed ??= failure
      if (--waiting > 0) return
      const { healthy } = this.#core.store
      this.send(from, { kind: 'batch-durable', sequence, failure: failed, healthy })
    }
    for (let shard = 0; shard < this.#waiters.length; shard++) {
      if ((this.forwardedTo & (1 << shard)) === 0) continue
      waiting++
      const ack = waitingCall(done)
      ack.waiting = 1
      this.#waiters[shard]!.push(ack) // In range: one list per shard.
    }
    this.forwardedTo = 0
    this.#core.startTick()
    if (this.#core.hasEarly) {
      waiting++
      const ack = waitingCall(done)
      this.#core.awaitEarly(ack)
    }
    this.#core.store.barrier(done)
  }

  /** A sibling has made everything up to `sequence` safe, or failed to. */
  batchDurable(from: number, answer: BatchDurable): void {
    const { failure, healthy, sequence } = answer
    if (healthy) this.unhealthy &= ~(1 << from)
    else this.unhealthy |= 1 << from
    // Mostly the oldest; one that the sibling forwarded elsewhere is answered after later ones.
    const batches = this.#batches[from] ?? []
    const index = batches.findIndex((batch) => batch.sequence === sequence)
    const [batch] = index === -1 ? [] : batches.splice(index, 1)
    if (batch === undefined) throw new Error(`shard ${from} answered unknown batch ${sequence}`)
    for (const ack of batch.waiters) settle(ack, failure)
  }

  /** Takes a blob of items apart. */
  receive(from: number, blob: Buffer, handler: ItemHandler): void {
    let offset = 0
    while (offset < blob.length) {
      const end = offset + 4 + blob.readUInt32BE(offset)
      this.#item(from, blob, offset + 4, end, handler)
      offset = end
    }
  }

  #item(from: number, blob: Buffer, start: number, end: number, handler: ItemHandler): void {
    const kind = blob[start]
    if (kind === ItemKind.PUBLISH) {
      handler.published(this.#message(from, blob, start + 1, end), from)
      return
    }
    if (kind === ItemKind.BODY) {
      const message = readBodyItem(blob, start + 1, end, this.#core.router)
      handler.published(readable(from, message), from)
      return
    }
    let at = start + 1
    const text = (): string => {
      const length = blob.readUInt16BE(at)
      at += 2 + length
      return decodeUtf8(blob, at - length, at)
    }
    const message = (): Message => this.#message(from, blob, at, end)
    if (kind === ItemKind.MEMBER) {
      const hops = blob[at++]! // In range: every item of this kind has it.
      const group = text()
      const filter = text()
      const clientId = text()
      handler.publishedToMember(message(), group, filter, clientId, hops)
    } else if (kind === ItemKind.FORWARD) {
      const flags = blob[at++]! // In range, as above.
      const idCount = blob.readUInt16BE(at)
      at += 2
      const ids: number[] = []
      for (let index = 0; index < idCount; index++, at += 4) ids.push(blob.readUInt32BE(at))
      const isOfGroup = (flags & HAS_GROUP) !== 0
      const group = isOfGroup ? { group: text(), filter: text() } : undefined
      const clientId = text()
      const qos = (flags & 3) as QoS // Written by `forward`.
      const retain = (flags & 4) !== 0
      const outgoing = new Outgoing(
        message(),
        qos,
        retain,
        ids.length === 0 ? undefined : ids,
        group,
      )
      handler.forwarded(clientId, outgoing)
    } else throw new Error(`shard ${from} sent an item of unknown kind ${kind}`)
  }

  #message(from: number, blob: Buffer, start: number, end: number): Message {
    return readable(from, readMessage(blob, start, end, this.#core.router, true))
  }

  #begin(shard: number, kind: number, extraBytes: number, message: Message): ByteWriter {
    return this.#start(shard, kind, extraBytes + messageBytesLength(message))
  }

  #start(shard: number, kind: number, contentBytes: number): ByteWriter {
    const length = 1 + contentBytes
    const writer = this.#core.fabric.writer(shard)
    this.#core.startTick()
    writer.ensure(4 + length)
    writer.offset = writer.bytes.writeUInt32BE(length, writer.offset)
    writer.bytes[writer.offset++] = kind
    return writer
  }
}

function readable(from: number, read: Message | undefined): Message {
  if (read === undefined) throw new Error(`shard ${from} sent an unreadable message`)
  return read
}

function putMessage(writer: ByteWriter, message: Message): void {
  writer.offset = writeMessage(writer.bytes, writer.offset, message)
}

function putText(writer: ByteWriter, text: string): void {
  const written = writer.bytes.write(text, writer.offset + 2, 'utf8')
  writer.bytes.writeUInt16BE(written, writer.offset)
  writer.offset += 2 + written
}

/** A call that waits like an acknowledgement towards a client. */
function waitingCall(done: (failure: StoreFailure | undefined) => void): PendingAck {
  const ack: PendingAck = {
    target: { drainAcks: () => done(ack.failure) },
    type: 0,
    packetId: 0,
    reason: 0,
    frame: undefined,
    publish: false,
    waiting: 0,
    failure: undefined,
    lost: undefined,
    onSent: undefined,
  }
  return ack
}
