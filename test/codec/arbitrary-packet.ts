import fc from 'fast-check'
import type { Packet } from '#codec/mqtt/packet.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import type { Properties, UserProperty } from '#codec/mqtt/properties.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode, isReasonOf } from '#codec/mqtt/reason-codes.ts'

/** A packet with the version it is legal in and the side that sends it. */
export interface SentPacket {
  version: ProtocolVersion
  fromServer: boolean
  packet: Packet
}

const { V31, V311, V5 } = ProtocolVersion

/** Objects as the codec makes them. */
const PLAIN = { noNullPrototype: true } as const

const text = fc
  .string({ unit: 'binary', maxLength: 20 })
  .filter((value) => value.isWellFormed() && !value.includes('\0'))
const topic = text.map((value) => value.replaceAll(/[+#]/g, '/')).filter((value) => value !== '')
const binary = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))
const uint16 = fc.integer({ min: 0, max: 65_535 })
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff })
const packetId = fc.integer({ min: 1, max: 65_535 })
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const)
const identifier = fc.integer({ min: 1, max: 268_435_455 })
const userProperties = fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 4 })
const flag = fc.boolean()

const FIELDS = {
  payloadFormatIndicator: fc.constant(0),
  messageExpiryIntervalSeconds: uint32,
  contentType: text,
  responseTopic: topic,
  correlationData: binary,
  subscriptionIdentifiers: fc.array(identifier, { minLength: 1, maxLength: 3 }),
  sessionExpiryIntervalSeconds: uint32,
  assignedClientIdentifier: text,
  serverKeepAliveSeconds: uint16,
  authenticationMethod: text,
  authenticationData: binary,
  requestProblemInformation: flag,
  willDelayIntervalSeconds: uint32,
  requestResponseInformation: flag,
  responseInformation: text,
  serverReference: text,
  reasonString: text,
  receiveMaximum: packetId,
  topicAliasMaximum: uint16,
  topicAlias: packetId,
  maximumQos: fc.constantFrom(0, 1),
  retainAvailable: flag,
  userProperties,
  maximumPacketSizeBytes: fc.integer({ min: 1, max: 0xffff_ffff }),
  wildcardSubscriptionAvailable: flag,
  subscriptionIdentifiersAvailable: flag,
  sharedSubscriptionAvailable: flag,
} satisfies { [K in keyof Required<Properties>]: fc.Arbitrary<NonNullable<Properties[K]>> }

/** Any subset of these properties; none before MQTT 5. */
function properties(
  version: ProtocolVersion,
  ...names: ReadonlyArray<keyof Properties>
): fc.Arbitrary<Properties> {
  if (version !== V5) return fc.constant({})
  const model = Object.fromEntries(names.map((name) => [name, FIELDS[name]]))
  return fc
    .record(model as { [name: string]: fc.Arbitrary<unknown> }, {
      requiredKeys: [],
      noNullPrototype: true,
    })
    .map((props): Properties => props) // The model ties each name to its type.
}

const DIAGNOSTICS = ['reasonString', 'userProperties'] as const
const MESSAGE = [
  'payloadFormatIndicator',
  'messageExpiryIntervalSeconds',
  'contentType',
  'responseTopic',
  'correlationData',
  'userProperties',
] as const

function none<T>(): fc.Arbitrary<T[]> {
  return fc.constant(null).map(() => [])
}

function reasonOf(type: PacketType): fc.Arbitrary<ReasonCode> {
  return fc.constantFrom(...Object.values(ReasonCode).filter((code) => isReasonOf(type, code)))
}

function absent<T extends object>(record: T): T {
  const defined = Object.entries(record).filter(([, value]) => value !== undefined)
  return Object.fromEntries(defined) as T
}

function connect(version: ProtocolVersion): fc.Arbitrary<Packet> {
  const will = fc.record(
    {
      topic,
      payload: binary,
      qos,
      retain: flag,
      properties: properties(version, 'willDelayIntervalSeconds', ...MESSAGE),
    },
    PLAIN,
  )
  const username = version === V5 ? fc.option(text, { nil: undefined }) : text
  return fc
    .record(
      {
        type: fc.constant(PacketType.CONNECT),
        protocolName: fc.constant(version === V31 ? 'MQIsdp' : 'MQTT'),
        version: fc.constant(version),
        bridge: flag,
        cleanStart: flag,
        keepAliveSeconds: uint16,
        clientId: text.filter((id) => id !== ''),
        username,
        password: fc.option(binary, { nil: undefined }),
        will: fc.option(will, { nil: undefined }),
        properties: properties(
          version,
          'sessionExpiryIntervalSeconds',
          'receiveMaximum',
          'maximumPacketSizeBytes',
          'topicAliasMaximum',
          'requestResponseInformation',
          'requestProblemInformation',
          'userProperties',
          'authenticationMethod',
        ),
      },
      PLAIN,
    )
    .map((packet) => absent(packet) as Packet)
}

function connack(version: ProtocolVersion): fc.Arbitrary<Packet> {
  const v3 = fc.constantFrom<ReasonCode[]>(0, 0x84, 0x85, 0x88, 0x86, 0x87)
  const props = properties(
    version,
    'sessionExpiryIntervalSeconds',
    'receiveMaximum',
    'maximumQos',
    'retainAvailable',
    'maximumPacketSizeBytes',
    'assignedClientIdentifier',
    'topicAliasMaximum',
    'wildcardSubscriptionAvailable',
    'subscriptionIdentifiersAvailable',
    'sharedSubscriptionAvailable',
    'serverKeepAliveSeconds',
    'responseInformation',
    'serverReference',
    'authenticationMethod',
    'authenticationData',
    ...DIAGNOSTICS,
  )
  const reason = version === V5 ? reasonOf(PacketType.CONNACK) : v3
  return fc.tuple(flag, reason, props).map(([present, code, p]) => ({
    type: PacketType.CONNACK,
    sessionPresent: present && code === 0 && version !== V31,
    reason: code,
    properties: p,
  }))
}

function publish(version: ProtocolVersion, fromServer: boolean): fc.Arbitrary<Packet> {
  const names = [...MESSAGE, 'topicAlias'] as const
  const props = fromServer
    ? properties(version, ...names, 'subscriptionIdentifiers')
    : properties(version, ...names)
  return fc
    .record(
      { topic, qos, dup: flag, retain: flag, packetId, payload: binary, properties: props },
      PLAIN,
    )
    .map((packet) => {
      const repeatable = packet.qos > 0
      return {
        ...packet,
        type: PacketType.PUBLISH,
        dup: packet.dup && repeatable,
        packetId: repeatable ? packet.packetId : 0,
      }
    })
}

function ack(version: ProtocolVersion, type: 4 | 5 | 6 | 7): fc.Arbitrary<Packet> {
  return fc.record(
    {
      type: fc.constant(type),
      packetId,
      reason: version === V5 ? reasonOf(type) : fc.constant(0),
      properties: properties(version, ...DIAGNOSTICS),
    },
    PLAIN,
  )
}

function subscribe(version: ProtocolVersion): fc.Arbitrary<Packet> {
  const isV5 = version === V5
  const filter = fc.record(
    {
      filter: text,
      qos,
      noLocal: isV5 ? flag : fc.constant(false),
      retainAsPublished: isV5 ? flag : fc.constant(false),
      retainHandling: isV5 ? qos : fc.constant(0 as const),
    },
    PLAIN,
  )
  return fc
    .record(
      {
        type: fc.constant(PacketType.SUBSCRIBE),
        packetId,
        subscriptionIdentifier: isV5
          ? fc.option(identifier, { nil: undefined })
          : fc.constant(undefined),
        userProperties: isV5 ? userProperties : none<UserProperty>(),
        filters: fc.array(filter, { minLength: 1, maxLength: 5 }),
      },
      PLAIN,
    )
    .map((packet) => absent(packet) as Packet)
}

function suback(version: ProtocolVersion): fc.Arbitrary<Packet> {
  const v3 = fc.constantFrom(0, 1, 2, 0x80)
  const reason: fc.Arbitrary<number> = version === V5 ? reasonOf(PacketType.SUBACK) : v3
  return fc.record(
    {
      type: fc.constant(PacketType.SUBACK),
      packetId,
      reasons: fc.array(reason, { minLength: 1, maxLength: 5 }),
      properties: properties(version, ...DIAGNOSTICS),
    },
    PLAIN,
  )
}

function unsubscribe(version: ProtocolVersion): fc.Arbitrary<Packet> {
  return fc.record(
    {
      type: fc.constant(PacketType.UNSUBSCRIBE),
      packetId,
      userProperties: version === V5 ? userProperties : none<UserProperty>(),
      filters: fc.array(text, { minLength: 1, maxLength: 5 }),
    },
    PLAIN,
  )
}

function unsuback(version: ProtocolVersion): fc.Arbitrary<Packet> {
  const reasons = fc.array<number>(reasonOf(PacketType.UNSUBACK), { minLength: 1, maxLength: 5 })
  return fc.record(
    {
      type: fc.constant(PacketType.UNSUBACK),
      packetId,
      reasons: version === V5 ? reasons : none<number>(),
      properties: properties(version, ...DIAGNOSTICS),
    },
    PLAIN,
  )
}

function disconnect(version: ProtocolVersion, fromServer: boolean): fc.Arbitrary<Packet> {
  const own = fromServer ? 'serverReference' : 'sessionExpiryIntervalSeconds'
  return fc.record(
    {
      type: fc.constant(PacketType.DISCONNECT),
      reason: version === V5 ? reasonOf(PacketType.DISCONNECT) : fc.constant(0),
      properties: properties(version, own, ...DIAGNOSTICS),
    },
    PLAIN,
  )
}

function auth(): fc.Arbitrary<Packet> {
  return fc.record(
    {
      type: fc.constant(PacketType.AUTH),
      reason: reasonOf(PacketType.AUTH),
      properties: fc
        .tuple(text, properties(V5, 'authenticationData', ...DIAGNOSTICS))
        .map(([authenticationMethod, rest]) => ({ authenticationMethod, ...rest })),
    },
    PLAIN,
  )
}

function packetOf(version: ProtocolVersion, fromServer: boolean): fc.Arbitrary<Packet> {
  const both: Array<fc.Arbitrary<Packet>> = [
    publish(version, fromServer),
    ack(version, 4),
    ack(version, 5),
    ack(version, 6),
    ack(version, 7),
  ]
  if (version === V5) both.push(auth(), disconnect(version, fromServer))
  const server = [connack(version), suback(version), unsuback(version)]
  const client = [connect(version), subscribe(version), unsubscribe(version)]
  if (version !== V5) client.push(disconnect(version, false))
  const pings = fc.constant<Packet>({ type: fromServer ? PacketType.PINGRESP : PacketType.PINGREQ })
  return fc.oneof(...both, ...(fromServer ? server : client), pings)
}

/** Legal packets of all types, versions and directions. */
export const sentPacket: fc.Arbitrary<SentPacket> = fc
  .tuple(fc.constantFrom(V31, V311, V5), fc.boolean())
  .chain(([version, fromServer]) =>
    packetOf(version, fromServer).map((packet) => ({ version, fromServer, packet })),
  )
