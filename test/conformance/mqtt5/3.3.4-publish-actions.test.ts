import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { Access } from '#broker/ports.ts'
import { expectDisconnected } from '../../support/expect.ts'
import type { ServerPacket } from '../../support/server-packets.ts'
import { worldTest } from '../../support/world-test.ts'

const LASTING = {
  clientId: 'lasting',
  cleanStart: false,
  properties: { sessionExpiryIntervalSeconds: 3600 },
}

/** What matters of a message that overlapping subscriptions bring. */
function facts({ payload, qos, retain, properties }: ServerPacket): unknown[] {
  return [payload, qos, retain, properties.subscriptionIdentifiers?.toSorted((a, b) => a - b)]
}

worldTest('[MQTT-3.3.4-1] a QoS 0 message is not answered', (world) => {
  const client = world.connect()
  client.publish('t', 'm')
  client.publish('$SYS/forbidden', 'm')
  client.publish('t', Buffer.from([0xff]), { properties: { payloadFormatIndicator: 1 } })
  assert.equal(client.packets.length, 1) // CONNACK.
})

worldTest('[MQTT-3.3.4-1] a QoS 1 message is answered by one PUBACK', (world) => {
  world.connect().subscribe('t', { qos: 1 })
  const client = world.connect()
  const packetId = client.publish('t', 'm', { qos: 1 })
  const answers = client.packets.slice(1).map(({ type, ...rest }) => {
    return [type, rest.packetId, rest.reason]
  })
  assert.deepEqual(answers, [[PacketType.PUBACK, packetId, 0]])
})

worldTest('[MQTT-3.3.4-1] a QoS 2 message is answered by one PUBREC', (world) => {
  world.connect().subscribe('t', { qos: 1 })
  const client = world.connect({ autoAck: false })
  const packetId = client.publish('t', 'm', { qos: 2 })
  const answers = client.packets.slice(1).map(({ type, ...rest }) => {
    return [type, rest.packetId, rest.reason]
  })
  assert.deepEqual(answers, [[PacketType.PUBREC, packetId, 0]])
})

worldTest('[MQTT-3.3.4-1] the answer tells when there is no subscriber', (world) => {
  const client = world.connect()
  const answer = (): number => {
    client.publish('t', 'm', { qos: 1 })
    client.publish('t', 'm', { qos: 2 })
    const { reason } = client.take(PacketType.PUBACK)
    assert.equal(client.take(PacketType.PUBREC).reason, reason)
    return reason
  }
  assert.equal(answer(), ReasonCode.NO_MATCHING_SUBSCRIBERS)
  const subscriber = world.connect()
  subscriber.subscribe('t')
  assert.equal(answer(), ReasonCode.SUCCESS)
  subscriber.unsubscribe('t')
  assert.equal(answer(), ReasonCode.NO_MATCHING_SUBSCRIBERS)
  const member = world.connect()
  member.subscribe('$share/g/t')
  assert.equal(answer(), ReasonCode.SUCCESS)
})

for (const late of [false, true]) {
  const when = late ? 'later' : 'at once'
  worldTest(`[MQTT-3.3.4-1] a message refused by access ${when} is answered with 0x87`, (world) => {
    const subscriber = world.connect()
    subscriber.subscribe('t', { qos: 2 })
    world.access.authorizePublish = (_who, topic, _qos, _retain, done) => {
      if (!late) return topic === 't' ? Access.DENY : Access.ALLOW
      world.later(() => done(topic !== 't'))
      return Access.PENDING
    }
    const client = world.connect()
    for (const qos of [0, 1, 2] as const) client.publish('t', 'm', { qos, retain: true })
    assert.equal(client.take(PacketType.PUBACK).reason, ReasonCode.NOT_AUTHORIZED)
    assert.equal(client.take(PacketType.PUBREC).reason, ReasonCode.NOT_AUTHORIZED)
    assert.equal(client.closed, false)
    assert.deepEqual(subscriber.payloads(), [])
    const other = world.connect()
    other.subscribe('t')
    assert.deepEqual(other.payloads(), [])
  })
}

worldTest('[MQTT-3.3.4-1] what cannot be stored is answered with 0x97', (world) => {
  const subscriber = world.connect(LASTING)
  subscriber.subscribe('t', { qos: 2 })
  const client = world.connect()
  for (const store of world.stores) store.setLimitReached(true)
  client.publish('t', 'm', { qos: 1 })
  client.publish('t', 'm', { qos: 2 })
  client.publish('r', 'm', { qos: 1, retain: true })
  assert.equal(client.take(PacketType.PUBACK).reason, ReasonCode.QUOTA_EXCEEDED)
  assert.equal(client.take(PacketType.PUBREC).reason, ReasonCode.QUOTA_EXCEEDED)
  assert.equal(client.take(PacketType.PUBACK).reason, ReasonCode.QUOTA_EXCEEDED)
  assert.deepEqual(subscriber.payloads(), [])
})

worldTest('[MQTT-3.3.4-1] a message whose commit fails is not acknowledged as safe', (world) => {
  const subscriber = world.connect(LASTING)
  subscriber.subscribe('t', { qos: 2 })
  subscriber.drop()
  const client = world.connect()
  world.failNextCommit('io')
  client.publish('t', 'm', { qos: 1 })
  assert.ok(client.take(PacketType.PUBACK).reason >= 0x80)
})

worldTest('[MQTT-3.3.4-2] overlapping subscriptions bring the highest of their QoS', (world) => {
  const client = world.connect()
  for (const [filter, qos] of [
    ['a/b', 0],
    ['a/+', 2],
    ['#', 1],
  ] as const) {
    client.subscribe(filter, { qos })
  }
  const publisher = world.connect()
  for (const qos of [0, 1, 2] as const) publisher.publish('a/b', `${qos}`, { qos })
  const seen = client.messages().map(({ payload, qos }) => [payload, qos])
  assert.deepEqual(seen, [
    ['0', 0],
    ['1', 1],
    ['2', 2],
  ])
})

worldTest('[MQTT-3.3.4-2] [MQTT-3.3.4-4] overlaps change as subscriptions do', (world) => {
  const client = world.connect()
  const publisher = world.connect()
  const next = (): unknown[] => {
    publisher.publish('a/b', 'm', { qos: 2 })
    const messages = client.messages()
    assert.equal(messages.length, 1)
    return facts(messages[0]!)
  }
  client.subscribe('a/b', { qos: 0, subscriptionIdentifier: 1 })
  assert.deepEqual(next(), ['m', 0, false, [1]])
  client.subscribe('a/#', { qos: 2, subscriptionIdentifier: 2 })
  assert.deepEqual(next(), ['m', 2, false, [1, 2]])
  client.subscribe('a/#', { qos: 1 })
  assert.deepEqual(next(), ['m', 1, false, [1]])
  client.subscribe('a/b', { qos: 2, subscriptionIdentifier: 3 })
  assert.deepEqual(next(), ['m', 2, false, [3]])
  client.unsubscribe('a/b')
  assert.deepEqual(next(), ['m', 1, false, undefined])
})

worldTest(
  '[MQTT-3.3.4-3] [MQTT-3.3.4-4] one copy has the identifiers of all that match',
  (world) => {
    const client = world.connect()
    client.subscribe('a/b', { subscriptionIdentifier: 10 })
    client.subscribe('a/+', { subscriptionIdentifier: 268_435_455 })
    client.subscribe('#')
    client.subscribe('c', { subscriptionIdentifier: 5 })
    world.connect().publish('a/b', 'm')
    const messages = client.messages()
    assert.equal(messages.length, 1)
    const ids = messages[0]?.properties.subscriptionIdentifiers
    assert.deepEqual(
      ids?.toSorted((a, b) => a - b),
      [10, 268_435_455],
    )
  },
)

worldTest('[MQTT-3.3.4-3] an identifier given to several subscriptions comes for each', (world) => {
  const client = world.connect()
  client.subscribe(['a/b', 'a/+'], { subscriptionIdentifier: 4 })
  world.connect().publish('a/b', 'm')
  const [message] = client.messages()
  assert.deepEqual([...new Set(message?.properties.subscriptionIdentifiers)], [4])
})

worldTest('[MQTT-3.3.4-3] identifiers hold in a resumed session and over a crash', (world) => {
  const first = world.connect(LASTING)
  first.subscribe('a/b', { qos: 1, subscriptionIdentifier: 1 })
  first.subscribe('a/+', { qos: 1, subscriptionIdentifier: 2 })
  first.drop()
  world.connect().publish('a/b', 'queued', { qos: 1 })
  world.crash()
  const second = world.connect(LASTING)
  world.connect().publish('a/b', 'live', { qos: 1 })
  assert.deepEqual(second.messages().map(facts), [
    ['queued', 1, false, [1, 2]],
    ['live', 1, false, [1, 2]],
  ])
})

worldTest('[MQTT-3.3.4-5] retained and shared copies carry their own identifier', (world) => {
  const publisher = world.connect()
  publisher.publish('a/b', 'kept', { retain: true, qos: 1 })
  const client = world.connect()
  client.subscribe('a/b', { subscriptionIdentifier: 1 })
  client.subscribe('a/+', { subscriptionIdentifier: 2 })
  client.subscribe('$share/g/#', { subscriptionIdentifier: 3 })
  const retained = client.messages().map(({ properties }) => properties.subscriptionIdentifiers)
  assert.deepEqual(retained, [[1], [2]])
  publisher.publish('a/b', 'live')
  const live = client.messages().map(facts)
  assert.equal(live.length, 2)
  assert.deepEqual(new Set(live.map((fact) => JSON.stringify(fact[3]))), new Set(['[1,2]', '[3]']))
})

worldTest('[MQTT-3.3.4-3] identifiers are of one client: others do not see them', (world) => {
  const shard = 0
  const clients = [1, 2, 0].map((id) => {
    const client = world.connect({ shard })
    client.subscribe('t', id === 0 ? {} : { subscriptionIdentifier: id })
    return client
  })
  world.connect({ shard }).publish('t', 'm')
  const ids = clients.map((client) => {
    return client.take(PacketType.PUBLISH).properties.subscriptionIdentifiers
  })
  assert.deepEqual(ids, [[1], [2], undefined])
})

worldTest('[MQTT-3.3.4-6] a PUBLISH with a subscription identifier is refused', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t')
  const client = world.connect()
  client.send('30 @ s"t" <0B 01> "m"')
  expectDisconnected(client, ReasonCode.PROTOCOL_ERROR)
  assert.deepEqual(subscriber.messages(), [])
})
