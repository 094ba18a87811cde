import { decodePublishProperties } from '#codec/mqtt/publish.ts'
import type { Message } from '../message.ts'
import type { MessageView, OperatorProperties } from './views.ts'

/** What an operator sees of a message; payload and properties are copies, if they are wanted. */
export function viewMessage(message: Message, withPayload: boolean): MessageView {
  const { topic, qos, retain, publisher, receivedAtMs, payloadLength, expiresAtMs } = message
  return {
    topic: topic.topic,
    qos,
    retain,
    publisher,
    receivedAtMs,
    payload: withPayload ? Uint8Array.from(message.payload) : undefined,
    payloadBytes: payloadLength,
    properties: withPayload ? propertiesOf(message) : undefined,
    expiresAtMs,
  }
}

function propertiesOf({ properties: bytes }: Message): OperatorProperties | undefined {
  if (bytes.length === 0) return undefined
  const { payloadFormatIndicator, responseTopic, correlationData, contentType, userProperties } =
    decodePublishProperties(bytes, 0, bytes.length)
  return {
    ...(payloadFormatIndicator !== undefined && {
      payloadFormatIndicator: payloadFormatIndicator === 1 ? 1 : 0,
    }),
    ...(responseTopic !== undefined && { responseTopic }),
    ...(correlationData !== undefined && { correlationData: Uint8Array.from(correlationData) }),
    ...(contentType !== undefined && { contentType }),
    ...(userProperties !== undefined && { userProperties }),
  }
}
