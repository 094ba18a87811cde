import { keyBytes, prefixEnd } from '#kernel/binary-key.ts'
import { Table } from '../ports.ts'
import { laneOfKey } from '../session/keys.ts'
import { decodeOutgoing, recordedPacketId } from '../session/outgoing-record.ts'
import type { Outgoing } from '../session/outgoing.ts'
import type { Session } from '../session/session.ts'
import type { Broker } from '../shard/broker.ts'
import { viewMessage } from './message-view.ts'
import { SliceTimer } from './slices.ts'
import type { Sliced } from './slices.ts'
import type { MessageRange, TextListPart, WaitingMessageView } from './views.ts'

/** Lane of the highest priority has the smallest number. */
const PRIORITY_MAX = 255
const HEX_KEY = /^(?:[0-9a-f]{2}){1,64}$/

type Part = TextListPart<WaitingMessageView>

/** Messages that wait in the queue of a client, in their order; undefined: it is not here. */
export function* queuedMessages(
  broker: Broker,
  clientId: string,
  range: MessageRange,
): Sliced<Part | undefined> {
  const session = broker.core.sessions.get(clientId)
  if (session === undefined) return undefined
  broker.sessions.ensureLoaded(session)
  if (session.persistent) return yield* storedQueue(broker, session, range)
  return fromMemory(session.queue.peek(Number.POSITIVE_INFINITY), range)
}

/** Messages that were sent to a client and not acknowledged; undefined: it is not here. */
export function inflightMessages(
  broker: Broker,
  clientId: string,
  range: MessageRange,
): Part | undefined {
  const session = broker.core.sessions.get(clientId)
  if (session === undefined) return undefined
  broker.sessions.ensureLoaded(session)
  return fromMemory(windowOf(session), range)
}

/** What is in flight; while the client is away the messages are read one by one. */
function* windowOf({ connection, inflight, queue }: Session): Generator<Outgoing> {
  for (const outgoing of inflight.values()) {
    if (!queue.reload(outgoing)) continue
    try {
      yield outgoing
    } finally {
      if (connection === undefined) queue.unload([outgoing])
    }
  }
}

/** What is only in memory is numbered from its front. */
function fromMemory(all: Iterable<Outgoing>, range: MessageRange): Part {
  const page = new Page(range)
  const first = Number(range.from === '' ? 0 : range.from)
  let at = 0
  for (const outgoing of all) {
    if (at++ < first) continue
    if (page.isFull) return { items: page.items, next: String(at - 1) }
    page.add(outgoing, undefined)
  }
  return { items: page.items, next: undefined }
}

/** The whole queue of a stored session is in the store, its head in memory besides. */
function* storedQueue(broker: Broker, session: Session, range: MessageRange): Sliced<Part> {
  const { core } = broker
  const { store, router } = core
  const page = new Page(range)
  const timer = new SliceTimer(core.ports.clock)
  const prefix = session.storeKey
  const withPriority = session.zone.mqtt.queuePriorities !== undefined
  let from = prefix + (HEX_KEY.test(range.from) ? textOfHex(range.from) : '')
  for (;;) {
    let next: string | undefined
    let paused = false
    store.scan(Table.QUEUE, from, prefixEnd(prefix), (key, value) => {
      paused = timer.due(PER_RECORD_WEIGHT)
      if (paused || page.isFull) {
        next = key
        return false
      }
      if (recordedPacketId(value) !== 0) return true
      const outgoing = decodeOutgoing(key, value, store, router)
      const priority = withPriority ? PRIORITY_MAX - laneOfKey(key) : undefined
      if (outgoing !== undefined) page.add(outgoing, priority)
      return true
    })
    if (next === undefined) return { items: page.items, next: undefined }
    if (!paused) return { items: page.items, next: hexOf(next.slice(prefix.length)) }
    from = next
    yield
  }
}

/** Work of reading a record compared with passing over a session. */
const PER_RECORD_WEIGHT = 16

function hexOf(key: string): string {
  return keyBytes(key).toString('hex')
}

function textOfHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('latin1')
}

/** Gathers messages up to the limits of a range. */
class Page {
  readonly items: WaitingMessageView[] = []
  readonly #range: MessageRange
  #bytes = 0

  constructor(range: MessageRange) {
    this.#range = range
  }

  get isFull(): boolean {
    return this.items.length >= this.#range.limit || this.#bytes >= this.#range.payloadBytesMax
  }

  add({ message, packetId, qos }: Outgoing, priority: number | undefined): void {
    if (message === undefined) return // Released: only its identifier is left.
    const { withPayload } = this.#range
    if (withPayload) this.#bytes += message.payloadLength
    this.items.push({ ...viewMessage(message, withPayload), qos, packetId, priority })
  }
}
