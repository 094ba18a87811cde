import { getDelayed, listDelayed, scanDelayed } from '../delayed/delayed-list.ts'
import type { DelayedMessage } from '../delayed/delayed-record.ts'
import type { Broker } from '../shard/broker.ts'
import { viewMessage } from './message-view.ts'
import type { Sliced } from './slices.ts'
import type { DelayedView, MessageRange, TextListPart } from './views.ts'

/** A page of the delayed messages of all shards, earliest first, without payloads. */
export function delayedPage(
  { core }: Broker,
  after: string | undefined,
  skip: number,
  limit: number,
): readonly DelayedView[] {
  const messages = listDelayed(core.store, core.router, { after, skip, limit })
  return messages.map((entry) => view(entry, false))
}

/** A part of the delayed messages of all shards, in no order of time: for copies of all. */
export function delayedPart({ core }: Broker, range: MessageRange): TextListPart<DelayedView> {
  const items: DelayedView[] = []
  let bytes = 0
  let next: string | undefined
  const from = range.from === '' ? undefined : range.from
  scanDelayed(core.store, core.router, from, (message) => {
    if (items.length >= range.limit || bytes >= range.payloadBytesMax) {
      next = message.id
      return false
    }
    const item = view(message, range.withPayload)
    bytes += item.payloadBytes
    items.push(item)
    return true
  })
  return { items, next }
}

/** One delayed message with its payload. */
export function delayedMessage({ core }: Broker, id: string): DelayedView | undefined {
  const entry = getDelayed(core.store, core.router, id)
  return entry && view(entry, true)
}

/** Cancels one message of this shard; false when it has none of this id. */
export function cancelDelayed({ delayed, core }: Broker, id: string): boolean {
  core.startTick()
  return delayed.cancel(id)
}

/** Cancels this shard's messages whose topic matches; gives how many. */
export function* cancelDelayedMatching({ delayed, core }: Broker, filter: string): Sliced<number> {
  let cancelled = 0
  let from = ''
  for (;;) {
    core.startTick()
    const step = delayed.cancelMatching(filter, from)
    cancelled += step.cancelled
    if (step.next === undefined) return cancelled
    from = step.next
    yield
  }
}

function view({ id, message, username, dueAtMs }: DelayedMessage, payload: boolean): DelayedView {
  return { ...viewMessage(message, payload), id, username, dueAtMs }
}
