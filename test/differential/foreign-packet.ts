import type { Packet } from '#codec/mqtt/packet.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import type { Properties, UserProperty } from '#codec/mqtt/properties.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'

/** A packet as the package mqtt-packet has it. */
export type ForeignPacket = Record<string, unknown>

/** Names of properties that mqtt-packet calls otherwise. */
const NAMES: Readonly<Record<string, string>> = {
  messageExpiryIntervalSeconds: 'messageExpiryInterval',
  sessionExpiryIntervalSeconds: 'sessionExpiryInterval',
  willDelayIntervalSeconds: 'willDelayInterval',
  serverKeepAliveSeconds: 'serverKeepAlive',
  maximumPacketSizeBytes: 'maximumPacketSize',
  maximumQos: 'maximumQoS',
  subscriptionIdentifiers: 'subscriptionIdentifier',
}

/** User properties by name: mqtt-packet forgets their order among different names. */
function groupUserProperties(pairs: readonly UserProperty[]): Record<string, string | string[]> {
  const groups: Record<string, string | string[]> = Object.create(null)
  for (const [name, value] of pairs) {
    const earlier = groups[name]
    groups[name] = earlier === undefined ? value : [earlier, value].flat()
  }
  return groups
}

function foreignProperties(props: Properties): { properties?: ForeignPacket } {
  const properties: ForeignPacket = {}
  for (const [field, value] of Object.entries(props)) {
    const name = NAMES[field] ?? field
    if (field === 'userProperties') properties[name] = groupUserProperties(value as UserProperty[])
    else if (field === 'payloadFormatIndicator') properties[name] = value === 1
    else if (field === 'subscriptionIdentifiers') {
      const ids = value as number[]
      properties[name] = ids.length === 1 ? ids[0] : ids
    } else properties[name] = value
  }
  return Object.keys(properties).length > 0 ? { properties } : {}
}

const ACKS: Readonly<Record<number, string>> = {
  [PacketType.PUBACK]: 'puback',
  [PacketType.PUBREC]: 'pubrec',
  [PacketType.PUBREL]: 'pubrel',
  [PacketType.PUBCOMP]: 'pubcomp',
}

const RETURN_CODES: Readonly<Record<number, number>> = {
  0x00: 0,
  0x84: 1,
  0x85: 2,
  0x88: 3,
  0x86: 4,
  0x87: 5,
}

/** The packet as mqtt-packet parses and generates it. */
export function foreignOf(packet: Packet, version: ProtocolVersion): ForeignPacket {
  const isV5 = version === ProtocolVersion.V5
  switch (packet.type) {
    case PacketType.CONNECT:
      return foreignConnect(packet)
    case PacketType.CONNACK: {
      const { reason, sessionPresent, properties } = packet
      const code = isV5 ? { reasonCode: reason } : { returnCode: RETURN_CODES[reason] }
      return { cmd: 'connack', sessionPresent, ...code, ...foreignProperties(properties) }
    }
    case PacketType.PUBLISH: {
      const { topic, qos, dup, retain, packetId, payload, properties } = packet
      const id = qos > 0 ? { messageId: packetId } : {}
      const props = foreignProperties(properties)
      return { cmd: 'publish', topic, qos, dup, retain, payload, ...id, ...props }
    }
    case PacketType.PUBACK:
    case PacketType.PUBREC:
    case PacketType.PUBREL:
    case PacketType.PUBCOMP: {
      const code = isV5 ? { reasonCode: packet.reason } : {}
      const head = { cmd: ACKS[packet.type], messageId: packet.packetId }
      return { ...head, ...code, ...foreignProperties(packet.properties) }
    }
    case PacketType.SUBSCRIBE:
      return foreignSubscribe(packet, isV5)
    case PacketType.SUBACK: {
      const { packetId: messageId, reasons: granted, properties } = packet
      return { cmd: 'suback', messageId, granted, ...foreignProperties(properties) }
    }
    case PacketType.UNSUBSCRIBE: {
      const { packetId: messageId, filters: unsubscriptions } = packet
      const props = isV5 ? foreignProperties({ userProperties: packet.userProperties }) : {}
      return { cmd: 'unsubscribe', messageId, unsubscriptions, ...props }
    }
    case PacketType.UNSUBACK: {
      const { packetId: messageId, reasons, properties } = packet
      const granted = isV5 ? { granted: reasons } : {}
      return { cmd: 'unsuback', messageId, ...granted, ...foreignProperties(properties) }
    }
    case PacketType.PINGREQ:
      return { cmd: 'pingreq' }
    case PacketType.PINGRESP:
      return { cmd: 'pingresp' }
    case PacketType.DISCONNECT: {
      const code = isV5 ? { reasonCode: packet.reason } : {}
      return { cmd: 'disconnect', ...code, ...foreignProperties(packet.properties) }
    }
    case PacketType.AUTH:
      return { cmd: 'auth', reasonCode: packet.reason, ...foreignProperties(packet.properties) }
  }
}

function foreignConnect(packet: Packet & { type: typeof PacketType.CONNECT }): ForeignPacket {
  const { will, username, password } = packet
  const foreign: ForeignPacket = {
    cmd: 'connect',
    protocolId: packet.protocolName,
    protocolVersion: packet.version,
    clean: packet.cleanStart,
    clientId: packet.clientId,
    keepalive: packet.keepAliveSeconds,
    ...foreignProperties(packet.properties),
  }
  if (packet.bridge) foreign['bridgeMode'] = true
  if (username !== undefined) foreign['username'] = username
  if (password !== undefined) foreign['password'] = password
  if (will !== undefined) {
    const { topic, payload, qos, retain, properties } = will
    foreign['will'] = { topic, payload, qos, retain, ...foreignProperties(properties) }
  }
  return foreign
}

function foreignSubscribe(
  packet: Packet & { type: typeof PacketType.SUBSCRIBE },
  isV5: boolean,
): ForeignPacket {
  const { packetId: messageId, subscriptionIdentifier: id, userProperties, filters } = packet
  const props: Properties = isV5 ? { userProperties } : {}
  if (id !== undefined) props.subscriptionIdentifiers = [id]
  const subscriptions = filters.map(({ filter: topic, qos, ...options }) => {
    const { noLocal: nl, retainAsPublished: rap, retainHandling: rh } = options
    return isV5 ? { topic, qos, nl, rap, rh } : { topic, qos }
  })
  return { cmd: 'subscribe', messageId, subscriptions, ...foreignProperties(props) }
}

/** User properties sorted by name, as far as mqtt-packet keeps them. */
export function withoutUserOrder(packet: Packet): Packet {
  const sorted = structuredClone(packet)
  for (const holder of [
    sorted,
    'properties' in sorted ? sorted.properties : undefined,
    'will' in sorted ? sorted.will?.properties : undefined,
  ]) {
    if (holder === undefined || !('userProperties' in holder)) continue
    holder.userProperties?.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  }
  return sorted
}
