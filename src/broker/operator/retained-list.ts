import { keyBytes } from '#kernel/binary-key.ts'
import { SetResult } from '../retained/retained-store.ts'
import type { Broker } from '../shard/broker.ts'
import { viewMessage } from './message-view.ts'
import type { Sliced } from './slices.ts'
import type { MessageRange, MessageView, TextListPart } from './views.ts'

/** Messages removed in one step. */
const REMOVE_STEP = 200

/**
 * A part of the retained messages of all shards, in the order of topics.
 * @param filter undefined = all
 * @param skip matches to pass over first
 */
export function* listRetained(
  { retained }: Broker,
  filter: string | undefined,
  skip: number,
  range: MessageRange,
): Sliced<TextListPart<MessageView>> {
  const position = range.from === '' ? {} : { position: textOf(range.from) }
  const cursor = retained.open(filter, { ...position, skip })
  const items: MessageView[] = []
  let bytes = 0
  let next: string | undefined
  let before = cursor.position
  for (;;) {
    const more = cursor.next(range.limit + 1 - items.length, (message) => {
      if (items.length >= range.limit || bytes >= range.payloadBytesMax) {
        next = before
        return false
      }
      if (range.withPayload) bytes += message.payloadLength
      items.push(viewMessage(message, range.withPayload))
      before = cursor.position
      return true
    })
    if (next !== undefined) return { items, next: hexOf(next) }
    if (!more) return { items, next: undefined }
    if (items.length < range.limit) before = cursor.position
    yield
  }
}

/** The retained message of one topic. */
export function getRetained({ retained }: Broker, topic: string): MessageView | undefined {
  const message = retained.get(topic)
  return message && viewMessage(message, true)
}

/** Removes the retained message of one topic; false when there is none. */
export function removeRetained({ retained, core }: Broker, topic: string): boolean {
  core.startTick()
  return retained.remove(topic) === SetResult.DELETED
}

/** Removes all retained messages that match; undefined = all there are. */
export function* removeRetainedMatching(
  { retained, core }: Broker,
  filter: string | undefined,
): Sliced<void> {
  const cursor = retained.open(filter)
  for (;;) {
    core.startTick()
    if (!retained.removeNext(cursor, REMOVE_STEP)) return
    yield
  }
}

function hexOf(position: string): string {
  return keyBytes(position).toString('hex')
}

function textOf(hex: string): string {
  return Buffer.from(hex, 'hex').toString('latin1')
}
