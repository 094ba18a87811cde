import { PacketType } from '#codec/mqtt/packet-type.ts'
import type { ServerPacket } from '../../support/server-packets.ts'
import type { FactBoard } from '../facts.ts'
import type { Answers } from './answers.ts'
import type { ClientView } from './client-view.ts'
import type { Requests } from './requests.ts'
import { Outcome } from './sim-message.ts'
import type { MessageBook } from './sim-message.ts'
import type { TopicAliases } from './topic-aliases.ts'

/** The client that receives, and what it keeps of its connection. */
export interface ReceivingClient extends ClientView {
  readonly answers: Answers
  readonly aliases: TopicAliases
  readonly requests: Requests
  /** QoS 1 and 2 messages sent on this connection and not completed. */
  readonly unfinished: Set<number>
  readonly context: { readonly facts: FactBoard; readonly book: MessageBook }
  note(text: string): void
  fail(invariant: string, detail: string): never
}

const AS_PUBLISHED = 'messages arrive as they were published'

/** Takes a packet of the broker that belongs to the session. */
export function receivePacket(client: ReceivingClient, packet: ServerPacket): void {
  const { answers, session, unfinished } = client
  switch (packet.type) {
    case PacketType.PUBLISH:
      return publishCame(client, packet)
    case PacketType.PUBACK:
    case PacketType.PUBREC:
      return acknowledged(client, packet)
    case PacketType.PUBREL:
      session.inbound.delete(packet.packetId)
      return answers.add(PacketType.PUBCOMP, packet.packetId)
    case PacketType.PUBCOMP:
      session.outbound.delete(packet.packetId)
      unfinished.delete(packet.packetId)
      return
    case PacketType.SUBACK:
    case PacketType.UNSUBACK:
      return requestDone(client, packet)
  }
}

function publishCame(client: ReceivingClient, packet: ServerPacket): void {
  const { answers, context, session, traits } = client
  const { packetId, qos, dup, retain } = packet
  const alias = packet.properties.topicAlias
  const topic = client.aliases.topicOf(packet.topic, alias)
  if (topic === undefined) client.fail('protocol sanity', `topic alias ${alias} is not known`)
  const message = packet.bytes.length === 0 ? undefined : context.book.find(packet.bytes)
  const first = qos !== 2 || !session.inbound.has(packetId)
  const text = message === undefined ? 'empty' : `#${message.id}`
  const flags = `${dup ? ' dup' : ''}${retain ? ' retain' : ''}${first ? '' : ' known'}`
  client.note(`gets ${text} ${topic} QoS ${qos} id ${packetId}${flags}`)
  if (packet.bytes.length > 0 && message?.payload.equals(packet.bytes) !== true) {
    client.fail(AS_PUBLISHED, `a payload of ${topic} is not of any message`)
  }
  if (message !== undefined && message.topic !== topic) {
    client.fail(AS_PUBLISHED, `#${message.id} came as ${topic}`)
  }
  if (qos === 2) {
    if (!first && !traits.twin && session.inbound.get(packetId) !== message) {
      client.fail('packet identifiers are used again only when free', `${packetId} is not released`)
    }
    session.inbound.set(packetId, message)
  }
  if (message !== undefined) {
    context.facts.tell('arrived', message, client, { qos, retain, dup, packetId, first })
  }
  if (qos > 0) answers.add(qos === 1 ? PacketType.PUBACK : PacketType.PUBREC, packetId)
}

/** PUBACK or PUBREC. */
function acknowledged(client: ReceivingClient, { type, packetId, reason }: ServerPacket): void {
  const { answers, context, session, unfinished } = client
  const publish = session.outbound.get(packetId)
  if (publish === undefined) return
  const { message } = publish
  if (reason >= 0x80) {
    client.note(`#${message.id} is refused: 0x${reason.toString(16)}`)
    if (message.outcome === Outcome.OPEN) message.outcome = Outcome.REFUSED
    session.outbound.delete(packetId)
    unfinished.delete(packetId)
    return
  }
  if (message.outcome === Outcome.OPEN) {
    message.outcome = Outcome.ACKNOWLEDGED
    client.note(`#${message.id} is acknowledged`)
    context.facts.tell('acknowledged', message, client)
  }
  if (type === PacketType.PUBACK) {
    session.outbound.delete(packetId)
    unfinished.delete(packetId)
  } else {
    publish.released = true
    answers.add(PacketType.PUBREL, packetId)
  }
}

function requestDone(client: ReceivingClient, { type, packetId, reasons }: ServerPacket): void {
  const { facts } = client.context
  for (const [index, subscription] of client.requests.take(packetId).entries()) {
    if (type === PacketType.UNSUBACK) {
      if ((reasons[index] ?? 0) >= 0x80) continue
      client.session.subscriptions.delete(subscription.filter)
      facts.tell('unsubscribed', client, subscription)
      continue
    }
    const reason = reasons[index] ?? 0x80
    client.note(`has ${subscription.filter}: ${reason}`)
    if (reason >= 0x80) continue // What it had before, if anything, stays.
    subscription.qos = reason as 0 | 1 | 2
    subscription.certain = true
    facts.tell('subscribed', client, subscription)
  }
}
