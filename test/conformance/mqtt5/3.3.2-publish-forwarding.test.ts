import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import type { PublishProperties } from '#codec/mqtt/properties.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { bytesOf } from '../../golden/mqtt/golden.ts'
import type { ConnectOptions, TestClient } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

const LASTING: ConnectOptions = {
  clientId: 'lasting',
  cleanStart: false,
  properties: { sessionExpiryIntervalSeconds: 3600 },
}
const USER_PROPERTIES: Array<[string, string]> = [
  ['z', '1'],
  ['a', '2'],
  ['z', '1'],
  ['', ''],
  ['a', 'ü💡'],
]

/** Ways on which a message reaches a subscriber; each gives the client that got it. */
type Way = (world: World, publish: (client: TestClient) => void) => TestClient

const WAYS: Record<string, Way> = {
  'as it comes': (world, publish) => {
    const subscriber = world.connect()
    subscriber.subscribe('t', { qos: 2 })
    publish(world.connect())
    return subscriber
  },
  'to several subscribers at once': (world, publish) => {
    const shard = 0
    const subscribers = [0, 1, 2].map(() => world.connect({ shard }))
    for (const subscriber of subscribers) subscriber.subscribe('t', { qos: 2 })
    publish(world.connect({ shard }))
    return subscribers[2]!
  },
  'through a shared subscription': (world, publish) => {
    const subscriber = world.connect()
    subscriber.subscribe('$share/g/t', { qos: 2 })
    publish(world.connect())
    return subscriber
  },
  'through the queue of a client': (world, publish) => {
    const subscriber = world.connect(LASTING)
    subscriber.subscribe('t', { qos: 2 })
    subscriber.drop()
    publish(world.connect())
    return world.connect(LASTING)
  },
  'through the store and a crash': (world, publish) => {
    const subscriber = world.connect(LASTING)
    subscriber.subscribe('t', { qos: 2 })
    subscriber.drop()
    publish(world.connect())
    world.crash()
    return world.connect(LASTING)
  },
}

for (const [name, way] of Object.entries(WAYS)) {
  worldTest(`[MQTT-3.3.2-17] [MQTT-3.3.2-18] user properties keep their order ${name}`, (world) => {
    const subscriber = way(world, (client) => {
      client.publish('t', 'm', { qos: 1, properties: { userProperties: USER_PROPERTIES } })
    })
    const { properties } = subscriber.take(PacketType.PUBLISH)
    assert.deepEqual(properties, { userProperties: USER_PROPERTIES })
  })

  worldTest(
    `[MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-20] properties come ${name}`,
    (world) => {
      const properties: PublishProperties = {
        payloadFormatIndicator: 1,
        contentType: 'c',
        responseTopic: 'r',
        correlationData: Buffer.from([0, 255]),
        userProperties: [['k', 'v']],
      }
      const subscriber = way(world, (client) => {
        client.publish('t', 'm', { qos: 1, properties: { ...properties, topicAlias: 4 } })
      })
      assert.deepEqual(subscriber.take(PacketType.PUBLISH).properties, properties)
    },
  )

  worldTest(`[MQTT-3.3.2-6] the expiry is sent on ${name}`, (world) => {
    const properties = { messageExpiryIntervalSeconds: 3600 }
    const subscriber = way(world, (client) => {
      client.publish('t', 'm', { qos: 1, properties })
    })
    assert.deepEqual(subscriber.take(PacketType.PUBLISH).properties, properties)
  })
}

worldTest('[MQTT-3.3.2-18] user properties mixed with others keep their order', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t')
  const properties = '26 s"b" s"1" 23 00 01 26 s"a" s"2" 02 00 00 00 09 03 s"x" 26 s"b" s"3"'
  world.connect().send(`30 @ s"t" <${properties}> "m"`)
  const { frame } = subscriber.take(PacketType.PUBLISH)
  const expected = '26 s"b" s"1" 26 s"a" s"2" 03 s"x" 26 s"b" s"3" 02 00 00 00 09'
  assert.deepEqual(frame, bytesOf(`30 @ s"t" <${expected}> "m"`))
})

worldTest('[MQTT-3.3.2-17] a 3.1.1 subscriber gets the message without properties', (world) => {
  const subscriber = world.connect({ version: ProtocolVersion.V311 })
  subscriber.subscribe('t', { qos: 1 })
  const properties = { userProperties: USER_PROPERTIES, messageExpiryIntervalSeconds: 9 }
  const publisher = world.connect()
  publisher.publish('t', 'm', { properties })
  publisher.publish('t', 'n', { properties, qos: 1 })
  assert.deepEqual(subscriber.take(PacketType.PUBLISH).frame, bytesOf('30 @ s"t" "m"'))
  assert.deepEqual(subscriber.take(PacketType.PUBLISH).frame, bytesOf('32 @ s"t" 00 01 "n"'))
})

worldTest(
  '[MQTT-3.3.2-17] more user properties than the broker allows end with 0x97',
  (world) => {
    const subscriber = world.connect()
    subscriber.subscribe('t')
    const client = world.connect()
    client.publish('t', 'm', { properties: { userProperties: USER_PROPERTIES.slice(0, 4) } })
    assert.equal(subscriber.messages().length, 1)
    client.publish('t', 'm', { properties: { userProperties: USER_PROPERTIES } })
    assert.equal(client.take(PacketType.DISCONNECT).reason, 0x97)
    assert.equal(subscriber.messages().length, 0)
  },
  { mqtt: { userPropertiesMax: 4 } },
)

for (const qos of [0, 1, 2] as const) {
  worldTest(`[MQTT-3.3.2-5] a QoS ${qos} message that expires in a queue is not sent`, (world) => {
    const first = world.connect(LASTING)
    first.subscribe('t', { qos: 2 })
    first.drop()
    const publisher = world.connect()
    const expiring = { qos, properties: { messageExpiryIntervalSeconds: 10 } }
    publisher.publish('t', 'expires', expiring)
    publisher.publish('t', 'stays', { qos })
    world.pass(9_000)
    publisher.publish('t', 'later', expiring)
    world.pass(1_100)
    const second = world.connect(LASTING)
    assert.deepEqual(second.payloads(), ['stays', 'later'])
    second.drop()
    world.pass(60_000)
    assert.deepEqual(world.connect(LASTING).payloads(), [])
  })

  worldTest(`[MQTT-3.3.2-6] the expiry of a QoS ${qos} message counts down in a queue`, (world) => {
    const first = world.connect(LASTING)
    first.subscribe('t', { qos: 2 })
    first.drop()
    const properties = { messageExpiryIntervalSeconds: 100 }
    world.connect().publish('t', 'm', { qos, properties })
    world.pass(30_000)
    if (qos > 0) world.crash()
    world.pass(10_000)
    const message = world.connect(LASTING).take(PacketType.PUBLISH)
    assert.equal(message.properties.messageExpiryIntervalSeconds, 60)
  })

  worldTest(`[MQTT-3.3.2-6] the expiry of a retained QoS ${qos} message counts down`, (world) => {
    const properties = { messageExpiryIntervalSeconds: 100 }
    world.connect().publish('t', 'm', { qos, properties, retain: true })
    world.pass(30_000)
    const client = world.connect()
    client.subscribe('t')
    const { messageExpiryIntervalSeconds } = client.take(PacketType.PUBLISH).properties
    assert.equal(messageExpiryIntervalSeconds, 70)
    world.pass(70_100)
    const late = world.connect()
    late.subscribe('t')
    assert.deepEqual(late.messages(), [])
  })
}

worldTest('[MQTT-3.3.2-5] a message that expires behind a full window is not sent', (world) => {
  const client = world.connect({ autoAck: false, properties: { receiveMaximum: 1 } })
  client.subscribe('t', { qos: 1 })
  const publisher = world.connect()
  publisher.publish('t', 'first', { qos: 1 })
  publisher.publish('t', 'expires', { qos: 1, properties: { messageExpiryIntervalSeconds: 5 } })
  publisher.publish('t', 'third', { qos: 1, properties: { messageExpiryIntervalSeconds: 15 } })
  const [first] = client.messages()
  world.pass(5_100)
  client.ack(PacketType.PUBACK, first!.packetId)
  const [third] = client.messages()
  assert.equal(third?.payload, 'third')
  assert.equal(third.properties.messageExpiryIntervalSeconds, 10)
})

worldTest('[MQTT-3.3.2-6] a message sent again says what is left of its expiry', (world) => {
  const first = world.connect({ ...LASTING, autoAck: false })
  first.subscribe('t', { qos: 1 })
  const properties = { messageExpiryIntervalSeconds: 100 }
  world.connect().publish('t', 'm', { qos: 1, properties })
  assert.deepEqual(first.take(PacketType.PUBLISH).properties, properties)
  first.drop()
  world.pass(40_000)
  const again = world.connect(LASTING).take(PacketType.PUBLISH)
  assert.equal(again.dup, true)
  assert.equal(again.properties.messageExpiryIntervalSeconds, 60)
})

worldTest('[MQTT-3.3.2-6] the longest expiry is sent on as it came', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t')
  const properties = { messageExpiryIntervalSeconds: 0xffffffff }
  world.connect().publish('t', 'm', { properties, retain: true })
  assert.deepEqual(subscriber.take(PacketType.PUBLISH).properties, properties)
})

worldTest(
  '[MQTT-3.3.2-6] where the broker caps the expiry, the cap counts down',
  (world) => {
    const first = world.connect(LASTING)
    first.subscribe('t', { qos: 1 })
    first.drop()
    const publisher = world.connect()
    for (const seconds of [undefined, 30, 3600]) {
      const properties = seconds === undefined ? {} : { messageExpiryIntervalSeconds: seconds }
      publisher.publish('t', `${seconds}`, { qos: 1, properties })
    }
    world.pass(20_000)
    const seen = world.connect(LASTING).messages()
    assert.deepEqual(
      seen.map(({ payload, properties }) => [payload, properties.messageExpiryIntervalSeconds]),
      [
        ['undefined', 40],
        ['30', 10],
        ['3600', 40],
      ],
    )
  },
  { mqtt: { messageExpiryMs: 60_000 } },
)
