import { isUtf8 } from 'node:buffer'
import type { HookedConnection } from '#broker/hooks.ts'
import type { Message } from '#broker/message.ts'
import type { MutableValueMap, Value, ValueMap } from '#plugin/value.ts'
import { decodePayload } from '../sql/row.ts'
import type { Row } from '../sql/row.ts'
import { COMMON_SAMPLE, MESSAGE_PUBLISH } from './event-sources.ts'
import { showMessageProperties } from './property-names.ts'
import { shownPublisher } from './publisher-name.ts'

/** What a row needs of the shard. */
export interface RowContext {
  readonly nodeName: string
  nowMs(): number
  /** The id of a message, the same for all who ask while it is in memory. */
  messageId(message: Message): string
  /** The user name of a client whose session is in this shard. */
  usernameOf(clientId: string): string | undefined
}

const COLUMNS: readonly string[] = [
  ...Object.keys(MESSAGE_PUBLISH.sample),
  ...Object.keys(COMMON_SAMPLE),
]

/**
 * A message that is being published, as rules see it. One row serves all rules of a message: the
 * payload is read at most once, and only if one of them asks. Plain fields: hot.
 */
export class MessageRow implements Row {
  readonly message: Message
  readonly connection: HookedConnection | undefined
  readonly context: RowContext
  /** The rule that looks at it. */
  ruleId: string
  /** Made when first asked for; `isDecoded` tells undefined from not yet. */
  text: string | Buffer | undefined
  decoded: Value
  isDecoded: boolean
  properties: ValueMap | undefined

  constructor(message: Message, connection: HookedConnection | undefined, context: RowContext) {
    this.message = message
    this.connection = connection
    this.context = context
    this.ruleId = ''
    this.text = undefined
    this.decoded = undefined
    this.isDecoded = false
    this.properties = undefined
  }

  column(name: string): Value {
    switch (name) {
      case 'payload':
        return (this.text ??= payloadOf(this.message))
      case 'topic':
        return this.message.topic.topic
      case 'clientid':
        return shownPublisher(this.message.publisher)
      case 'username':
        return this.connection?.identity?.username
      case 'qos':
        return this.message.qos
      case 'timestamp':
        return this.context.nowMs()
      case 'publish_received_at':
        return this.message.receivedAtMs
      case 'id':
        return this.context.messageId(this.message)
      case 'event':
        return MESSAGE_PUBLISH.event
      case 'node':
        return this.context.nodeName
      case 'flags':
        return { retain: this.message.retain, dup: false, sys: false }
      case 'metadata':
        return { rule_id: this.ruleId }
      default:
        return this.#rare(name)
    }
  }

  payloadValue(): Value {
    if (this.isDecoded) return this.decoded
    const { message } = this
    // Bytes that are no UTF-8 cannot be JSON, or are inside a string of it.
    const text =
      this.text ?? message.source.toString('utf8', message.payloadStart, message.payloadEnd)
    this.decoded = decodePayload(text)
    this.isDecoded = true
    return this.decoded
  }

  toMap(): MutableValueMap {
    const map: MutableValueMap = {}
    for (const name of COLUMNS) {
      const value = this.column(name)
      if (value !== undefined) map[name] = value
    }
    return map
  }

  #rare(name: string): Value {
    const { connection } = this
    switch (name) {
      case 'peerhost':
        return connection?.wire.info.peerHost
      case 'peername':
        return connection && `${connection.wire.info.peerHost}:${connection.wire.info.peerPort}`
      case 'pub_props':
        return (this.properties ??= messageProperties(this.message))
      case 'client_attrs':
        return connection?.identity?.clientAttributes ?? {}
      default:
        return undefined
    }
  }
}

/** The payload as text if it is UTF-8, else as bytes of its own. */
export function payloadOf(message: Message): string | Buffer {
  const bytes = message.source.subarray(message.payloadStart, message.payloadEnd)
  return isUtf8(bytes) ? bytes.toString('utf8') : Buffer.from(bytes)
}

/** The properties that a message was published with. */
export function messageProperties({ properties, expiresAtMs, receivedAtMs }: Message): ValueMap {
  const expirySeconds = expiresAtMs === 0 ? 0 : Math.ceil((expiresAtMs - receivedAtMs) / 1000)
  return showMessageProperties(properties, expirySeconds)
}
