/** Tables of EMQX with messages: retained ones, and delayed ones. */
import type { TableRow } from '../table-rows.ts'
import type { Term } from '#codec/erlang/external-term.ts'
import type { MnesiaRecord } from './mnesia-table.ts'
import { NotTaken } from './not-taken.ts'
import { atomName, entryOf, isList, isTrue, itemsOf, textOf } from './term-values.ts'

type RetainedRow = TableRow<'builtin_retainer'>
type Properties = NonNullable<RetainedRow['properties']>

/** Where things stand in the record of a message, which has no names with it. */
const MESSAGE = { qos: 2, from: 3, flags: 4, headers: 5, topic: 6, payload: 7 } as const

/** `emqx_retainer_message`. Undefined: it has expired. */
export function retainedMessage(record: MnesiaRecord, nowMs: number): RetainedRow | undefined {
  const { topic, payload, qos, publisher, properties } = messageOf(record.get('msg'))
  const expiry = record.get('expiry_time')
  const expiresAtMs = typeof expiry === 'number' && expiry > 0 ? expiry : undefined
  if (expiresAtMs !== undefined && expiresAtMs <= nowMs) return undefined
  return {
    topic,
    payload,
    qos,
    publisher,
    ...(properties !== undefined && { properties }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
  }
}

/** `emqx_delayed`. */
export function delayedMessage(record: MnesiaRecord): TableRow<'delayed'> {
  const [dueAtMs] = itemsOf(record.get('key'))
  const { username, retain, properties, ...message } = messageOf(record.get('msg'))
  if (typeof dueAtMs !== 'number') throw new NotTaken(message.topic, 'messages without a time')
  return {
    ...message,
    retain,
    ...(username !== undefined && { username }),
    ...(properties !== undefined && { properties }),
    dueAtMs,
  }
}

interface MessageOfEmqx {
  readonly topic: string
  /** Base64. */
  readonly payload: string
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  readonly publisher: string
  readonly username: string | undefined
  readonly properties: Properties | undefined
}

function messageOf(message: Term | undefined): MessageOfEmqx {
  const items = itemsOf(message)
  const headers = items[MESSAGE.headers]
  const topic = textOf(items[MESSAGE.topic])
  const payload = items[MESSAGE.payload]
  const qos = items[MESSAGE.qos]
  const isWhole =
    atomName(items[0]) === 'message' && topic !== undefined && Buffer.isBuffer(payload)
  if (!isWhole || (qos !== 0 && qos !== 1 && qos !== 2)) {
    throw new NotTaken(topic ?? '?', 'messages that cannot be read')
  }
  const username = textOf(entryOf(headers, 'username'))
  return {
    topic,
    payload: payload.toString('base64'),
    qos,
    retain: isTrue(entryOf(items[MESSAGE.flags], 'retain')),
    publisher: textOf(items[MESSAGE.from]) ?? '',
    username: username === 'undefined' ? undefined : username,
    properties: propertiesOf(entryOf(headers, 'properties')),
  }
}

/** Properties of MQTT 5; undefined when there are none. */
function propertiesOf(given: Term | undefined): Properties | undefined {
  const format = entryOf(given, 'Payload-Format-Indicator')
  const contentType = textOf(entryOf(given, 'Content-Type'))
  const responseTopic = textOf(entryOf(given, 'Response-Topic'))
  const correlation = entryOf(given, 'Correlation-Data')
  const pairs = entryOf(given, 'User-Property')
  const properties: Properties = {
    ...((format === 0 || format === 1) && { payloadFormatIndicator: format }),
    ...(contentType !== undefined && { contentType }),
    ...(responseTopic !== undefined && { responseTopic }),
    ...(Buffer.isBuffer(correlation) && { correlationData: correlation.toString('base64') }),
    ...(isList(pairs) && pairs.length > 0 && { userProperties: pairs.map(pairOf) }),
  }
  return Object.keys(properties).length === 0 ? undefined : properties
}

function pairOf(pair: Term): [name: string, value: string] {
  const [name = '', value = ''] = itemsOf(pair).map((one) => textOf(one) ?? '')
  return [name, value]
}
