import { validateTopicNameText } from '#codec/mqtt/topic.ts'
import type { FunctionServices } from '#plugin/define-function.ts'
import { isMap } from '#plugin/value.ts'
import type { Value } from '#plugin/value.ts'
import { putPath } from '../functions/map-path.ts'
import { prepareExpression } from '../sql/prepare-expression.ts'
import { decodePayload } from '../sql/row.ts'
import { encodeJson } from '../values/json.ts'
import { toText } from '../values/to-text.ts'
import type { DraftMessage, DraftParts } from './draft-message.ts'
import type { OperationSpec, SerdeSpec, TransformationSpec } from './pipeline-spec.ts'
import { PipelineError } from './pipeline-spec.ts'

/**
 * Changes a message; undefined when it did, or why it could not: the draft is of no use then.
 */
export type Transform = (draft: DraftMessage, services: FunctionServices) => string | undefined

const TOPIC_LEVELS_MAX = 65_535
const TEXT_BYTES_MAX = 65_535
const USER_PROPERTY = 'user_property'

/**
 * Makes a transformation.
 * @throws SqlError, PipelineError when an expression or a key is wrong
 */
export function makeTransformation({
  decoder,
  encoder,
  operations,
}: TransformationSpec): Transform {
  checkSerde(decoder, 'payload_decoder')
  checkSerde(encoder, 'payload_encoder')
  const steps = operations.map(makeOperation)
  return (draft, services) => {
    try {
      const { parts } = draft
      parts.payload = decode(decoder, parts.payload, services)
      for (const step of steps) step(draft, services)
      parts.payload = encode(encoder, parts.payload, services)
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
}

function checkSerde({ type, schema, messageType }: SerdeSpec, place: string): void {
  const needsSchema = type === 'avro' || type === 'protobuf'
  if (needsSchema && schema === '') throw new PipelineError(`${place} needs a schema`)
  if (type === 'protobuf' && messageType === '') {
    throw new PipelineError(`${place} needs a message_type`)
  }
}

type Operation = (draft: DraftMessage, services: FunctionServices) => void

function makeOperation({ key, value }: OperationSpec): Operation {
  const put = makePut(key)
  const evaluate = prepareExpression(value)
  return (draft, services) => {
    const result = evaluate(draft, services)
    if (result === undefined) throw new PipelineError(`${value} has no value, for ${key}`)
    put(draft.parts, result)
  }
}

/** @throws PipelineError when there is nothing of this name to set */
function makePut(key: string): (parts: DraftParts, value: Value) => void {
  const [root = '', ...path] = key.split('.')
  if (path.includes('')) throw new PipelineError(`the key ${key} has an empty part`)
  if (root === 'payload') {
    if (path.length === 0) return (parts, value) => void (parts.payload = value)
    return (parts, value) => {
      if (typeof parts.payload === 'string' || Buffer.isBuffer(parts.payload)) {
        throw new PipelineError(`${key} cannot be set: the payload is not decoded`)
      }
      const before = isMap(parts.payload) ? parts.payload : {}
      parts.payload = putPath(before, path.join('.'), value)
    }
  }
  if (root === USER_PROPERTY && path.length > 0) {
    const name = path.join('.')
    return (parts, value) => {
      const text = toText(value)
      const isSendable = Buffer.byteLength(text) <= TEXT_BYTES_MAX && !text.includes('\u0000')
      if (!isSendable || !text.isWellFormed()) throw new PipelineError(`MQTT cannot carry ${key}`)
      parts.userProperties = { ...parts.userProperties, [name]: text }
    }
  }
  if (path.length === 0) {
    if (root === 'topic') return putTopic
    if (root === 'qos') return putQos
    if (root === 'retain') return putRetain
  }
  const known = 'payload, payload.<path>, topic, qos, retain, user_property.<name>'
  throw new PipelineError(`there is no ${key} to set; there are ${known}`)
}

function putTopic(parts: DraftParts, value: Value): void {
  const topic = toText(value)
  const invalid = validateTopicNameText(topic, TOPIC_LEVELS_MAX)
  if (invalid !== undefined) throw new PipelineError(`"${topic}" is no topic: ${invalid.detail}`)
  parts.topic = topic
}

function putQos(parts: DraftParts, value: Value): void {
  const qos = Number(toText(value))
  if (qos !== 0 && qos !== 1 && qos !== 2) throw new PipelineError(`${toText(value)} is no QoS`)
  parts.qos = qos
}

function putRetain(parts: DraftParts, value: Value): void {
  const text = toText(value)
  if (text !== 'true' && text !== 'false') {
    throw new PipelineError(`retain is true or false, not ${text}`)
  }
  parts.retain = text === 'true'
}

function decode(serde: SerdeSpec, payload: Value, services: FunctionServices): Value {
  switch (serde.type) {
    case 'none':
      return payload
    case 'json':
      return decodePayload(payload)
    case 'avro':
      return schemaOf(serde.schema, services).decode(bytesOf(payload), undefined)
    case 'protobuf':
      return schemaOf(serde.schema, services).decode(bytesOf(payload), serde.messageType)
  }
}

function encode(serde: SerdeSpec, payload: Value, services: FunctionServices): Value {
  switch (serde.type) {
    case 'none':
      if (Array.isArray(payload) || isMap(payload)) {
        throw new PipelineError('the payload is decoded and nothing encodes it')
      }
      return payload
    case 'json':
      return encodeJson(payload)
    case 'avro':
      return schemaOf(serde.schema, services).encode(payload, undefined)
    case 'protobuf':
      return schemaOf(serde.schema, services).encode(payload, serde.messageType)
  }
}

function schemaOf(name: string, { schemas }: FunctionServices) {
  const schema = schemas.find(name)
  if (schema === undefined) throw new PipelineError(`there is no schema ${name}`)
  return schema
}

/** The bytes of a payload. */
export function bytesOf(payload: Value): Buffer {
  return Buffer.isBuffer(payload) ? payload : Buffer.from(toText(payload))
}
