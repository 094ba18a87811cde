import type { MessageRange, TextListPart, WaitingMessageView } from '#broker/operator/views.ts'
import { CommandResult } from '#broker/operator/views.ts'
import { parseBytes } from '#config/units.ts'
import {
  listInflightMessages,
  listQueuedMessages,
  setKeepAlive,
} from '../contract/client-messages.ts'
import type { ManagementContext } from '../context.ts'
import { badRequest } from '../http/api-error.ts'
import { ok, type Route, route } from '../http/route.ts'
import { messageId } from '../message-id.ts'
import { noClient } from './clients.ts'

type Encoding = 'none' | 'base64' | 'plain'

const PAYLOAD_BYTES_MAX = 1024 * 1024
const END = 'end_of_data'

/** Messages on their way to a client. */
export function clientMessageRoutes({ shards }: ManagementContext): readonly Route[] {
  return [
    route(listQueuedMessages, async ({ params: { clientid }, query }) => {
      const range = rangeOf(query)
      const part = await shards.find(isThere, 'queuedMessages', clientid, range)
      if (part === undefined) throw noClient(clientid)
      const { payload = 'base64' } = query
      const data = part.items.map((view) => {
        return { ...toMessage(view, payload), mqueue_priority: view.priority ?? 0 }
      })
      return ok({ data, meta: metaOf(range, part) })
    }),
    route(listInflightMessages, async ({ params: { clientid }, query }) => {
      const range = rangeOf(query)
      const part = await shards.find(isThere, 'inflightMessages', clientid, range)
      if (part === undefined) throw noClient(clientid)
      const { payload = 'base64' } = query
      const data = part.items.map((view) => toMessage(view, payload))
      return ok({ data, meta: metaOf(range, part) })
    }),
    route(setKeepAlive, async ({ params: { clientid }, body }) => {
      const results = await shards.callAll('setKeepAlive', clientid, body.interval)
      if (!results.includes(CommandResult.DONE)) throw noClient(clientid)
      return ok({})
    }),
  ]
}

function isThere(answer: unknown): boolean {
  return answer !== undefined
}

function rangeOf(query: {
  readonly payload?: Encoding
  readonly max_payload_bytes?: string
  readonly position?: string
  readonly limit?: number
}): MessageRange {
  const { max_payload_bytes: text, position, limit = 100 } = query
  const bytes = text === undefined ? PAYLOAD_BYTES_MAX : parseBytes(text)
  if (bytes === undefined || bytes < 1) {
    throw badRequest('query.max_payload_bytes must be a size such as 1MB.')
  }
  const from = position === undefined || position === 'none' || position === END ? '' : position
  if (!/^[0-9a-f]*$/.test(from)) throw badRequest('query.position is not one of this API.')
  const withPayload = query.payload !== 'none'
  return { from, limit, withPayload, payloadBytesMax: bytes }
}

function metaOf({ from }: MessageRange, part: TextListPart<unknown>) {
  const first = from === '' ? '0' : from
  return { start: part.items.length === 0 ? 'none' : first, position: part.next ?? END }
}

function toMessage(view: WaitingMessageView, encoding: Encoding) {
  const { payload } = view
  return {
    msgid: messageId(view),
    topic: view.topic,
    qos: view.qos,
    publish_at: view.receivedAtMs,
    from_clientid: view.publisher,
    from_username: '',
    inserted_at: String(view.receivedAtMs),
    ...(payload !== undefined && {
      payload: Buffer.from(payload).toString(encoding === 'plain' ? 'utf8' : 'base64'),
    }),
  }
}
