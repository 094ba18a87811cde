import type { Message } from '../message.ts'
import type { MessageView } from './views.ts'

/** What an operator sees of a message; the payload is a copy, if it is wanted. */
export function viewMessage(message: Message, withPayload: boolean): MessageView {
  const { topic, qos, retain, publisher, receivedAtMs, payloadLength } = message
  return {
    topic: topic.topic,
    qos,
    retain,
    publisher,
    receivedAtMs,
    payload: withPayload ? Uint8Array.from(message.payload) : undefined,
    payloadBytes: payloadLength,
  }
}
