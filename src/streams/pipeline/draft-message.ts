import type { MutableValueMap, Value, ValueMap } from '#plugin/value.ts'
import { decodePayload } from '../sql/row.ts'
import type { Row } from '../sql/row.ts'

/** Parts of a message that a transformation can change. */
export interface DraftParts {
  topic: string
  qos: 0 | 1 | 2
  retain: boolean
  /** Decoded, once a transformation has decoded it. */
  payload: Value
  /** By name; of several values of a name the last one. */
  userProperties: ValueMap
}

/** A message while it is being changed: a record of which some columns change. */
export class DraftMessage implements Row {
  readonly parts: DraftParts
  readonly #record: Row

  constructor(record: Row, parts: DraftParts) {
    this.parts = parts
    this.#record = record
  }

  column(name: string): Value {
    switch (name) {
      case 'topic':
        return this.parts.topic
      case 'qos':
        return this.parts.qos
      case 'retain':
        return this.parts.retain
      case 'payload':
        return this.parts.payload
      case 'user_property':
        return this.parts.userProperties
      default:
        return this.#record.column(name)
    }
  }

  payloadValue(): Value {
    return decodePayload(this.parts.payload)
  }

  toMap(): MutableValueMap {
    const { topic, qos, retain, payload, userProperties } = this.parts
    return { ...this.#record.toMap(), topic, qos, retain, payload, user_property: userProperties }
  }
}
