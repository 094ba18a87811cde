import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import type { PublishProperties } from '#codec/mqtt/properties.ts'
import type { SubscribeOptions } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

/** What a new client gets for a subscription: topic, payload, retain flag. */
function retained(
  world: World,
  filter: string,
  options: SubscribeOptions = { qos: 2 },
): Array<[topic: string, payload: string, retain: boolean]> {
  const client = world.connect()
  client.subscribe(filter, options)
  const messages = client.messages()
  client.disconnect()
  return messages.map(({ topic, payload, retain }) => [topic, payload, retain])
}

for (const qos of [0, 1, 2] as const) {
  worldTest(`[MQTT-3.3.1-5] RETAIN 1 at QoS ${qos} replaces what the topic had`, (world) => {
    // From every shard: the last one stays.
    for (let round = 0; round < 4; round++) {
      world.connect().publish('r', `${round}`, { retain: true, qos })
      assert.deepEqual(retained(world, 'r'), [['r', `${round}`, true]])
    }
    world.connect().publish('r', 'other QoS', { retain: true, qos: 1 })
    world.connect().publish('r', 'last', { retain: true, qos })
    assert.deepEqual(retained(world, '#'), [['r', 'last', true]])
  })

  worldTest(`[MQTT-3.3.1-5] a retained message is sent with the lower QoS of ${qos}`, (world) => {
    world.connect().publish('r', 'm', { retain: true, qos })
    for (const granted of [0, 1, 2] as const) {
      const client = world.connect()
      client.subscribe('r', { qos: granted })
      assert.equal(client.take(PacketType.PUBLISH).qos, Math.min(qos, granted))
    }
  })

  worldTest(`[MQTT-3.3.1-6] an empty QoS ${qos} message is forwarded and clears`, (world) => {
    const watcher = world.connect()
    watcher.subscribe('r', { qos: 2, retainAsPublished: true })
    world.connect().publish('r', 'm', { retain: true, qos: 1 })
    world.connect().publish('r', '', { retain: true, qos })
    const seen = watcher.messages().map(({ payload, retain, qos: got }) => [payload, retain, got])
    assert.deepEqual(seen, [
      ['m', true, 1],
      ['', true, qos],
    ])
    assert.deepEqual(retained(world, 'r'), [])
  })

  worldTest(`[MQTT-3.3.1-8] RETAIN 0 at QoS ${qos} leaves what is retained`, (world) => {
    world.connect().publish('r', 'kept', { retain: true, qos: 1 })
    world.connect().publish('r', 'passing', { qos })
    world.connect().publish('r', '', { qos })
    world.connect().publish('s', 'passing', { qos })
    assert.deepEqual(retained(world, '#'), [['r', 'kept', true]])
  })
}

worldTest('[MQTT-3.3.1-5] retained messages survive a crash once acknowledged', (world) => {
  const publisher = world.connect()
  publisher.publish('r/1', 'one', { retain: true, qos: 1 })
  publisher.publish('r/2', 'two', { retain: true, qos: 2 })
  publisher.publish('r/3', 'three', { retain: true, qos: 1 })
  publisher.publish('r/3', '', { retain: true, qos: 1 })
  world.crash()
  assert.deepEqual(retained(world, 'r/+'), [
    ['r/1', 'one', true],
    ['r/2', 'two', true],
  ])
})

worldTest('[MQTT-3.3.1-5] a retained message keeps its properties', (world) => {
  const properties: PublishProperties = {
    payloadFormatIndicator: 1,
    contentType: 'text/plain',
    responseTopic: 'answers',
    correlationData: Buffer.from([0, 1, 255]),
    userProperties: [
      ['b', '1'],
      ['a', '2'],
    ],
  }
  world.connect().publish('r', 'm', { retain: true, properties })
  const client = world.connect()
  client.subscribe('r', { subscriptionIdentifier: 5 })
  const message = client.take(PacketType.PUBLISH)
  assert.deepEqual(message.properties, { ...properties, subscriptionIdentifiers: [5] })
})

worldTest('[MQTT-3.3.1-7] an empty message is never retained', (world) => {
  const publisher = world.connect()
  for (const topic of ['r', 'r', 's']) publisher.publish(topic, '', { retain: true, qos: 1 })
  assert.deepEqual(retained(world, '#'), [])
  assert.equal(world.shards[0]!.broker.retained.count, 0)
})

worldTest('[MQTT-3.3.1-9] Retain Handling 0 sends what matches at each SUBSCRIBE', (world) => {
  const publisher = world.connect()
  for (const topic of ['r/a', 'r/b', 's/a', '$r/a']) {
    publisher.publish(topic, topic, { retain: true, qos: 1 })
  }
  const client = world.connect()
  for (let round = 0; round < 3; round++) {
    client.subscribe('r/+', { retainHandling: 0 })
    assert.deepEqual(client.payloads().toSorted(), ['r/a', 'r/b'])
  }
  client.subscribe('+/a', { retainHandling: 0 })
  assert.deepEqual(client.payloads().toSorted(), ['r/a', 's/a'])
  client.subscribe('#')
  assert.deepEqual(client.payloads().toSorted(), ['r/a', 'r/b', 's/a'])
  client.subscribe('none')
  assert.deepEqual(client.payloads(), [])
})

worldTest('[MQTT-3.3.1-10] Retain Handling 1 sends for new subscriptions only', (world) => {
  world.connect().publish('r', 'm', { retain: true, qos: 1 })
  const client = world.connect()
  client.subscribe('r', { retainHandling: 1 })
  assert.deepEqual(client.payloads(), ['m'])
  client.subscribe('r', { retainHandling: 1, qos: 2 })
  assert.deepEqual(client.payloads(), [])
  client.subscribe('+', { retainHandling: 1 })
  assert.deepEqual(client.payloads(), ['m'])
  client.unsubscribe('r')
  client.subscribe('r', { retainHandling: 1 })
  assert.deepEqual(client.payloads(), ['m'])
})

worldTest('[MQTT-3.3.1-10] a subscription of a resumed session is not new', (world) => {
  world.connect().publish('r', 'm', { retain: true, qos: 1 })
  const options = {
    clientId: 'lasting',
    cleanStart: false,
    properties: { sessionExpiryIntervalSeconds: 3600 },
  }
  const first = world.connect(options)
  first.subscribe('r', { retainHandling: 1 })
  assert.deepEqual(first.payloads(), ['m'])
  first.drop()
  const second = world.connect(options)
  second.subscribe('r', { retainHandling: 1 })
  assert.deepEqual(second.payloads(), [])
  world.crash()
  const third = world.connect(options)
  third.subscribe('r', { retainHandling: 1 })
  assert.deepEqual(third.payloads(), [])
  const fresh = world.connect({ ...options, cleanStart: true })
  fresh.subscribe('r', { retainHandling: 1 })
  assert.deepEqual(fresh.payloads(), ['m'])
})

worldTest('[MQTT-3.3.1-11] Retain Handling 2 sends nothing', (world) => {
  world.connect().publish('r', 'm', { retain: true, qos: 1 })
  const client = world.connect()
  for (let round = 0; round < 2; round++) client.subscribe('r', { retainHandling: 2 })
  assert.deepEqual(client.payloads(), [])
  world.connect().publish('r', 'live', { retain: true })
  assert.deepEqual(client.payloads(), ['live'])
})

for (const retain of [false, true]) {
  for (const qos of [0, 1, 2] as const) {
    const sent = `a message with RETAIN ${Number(retain)} at QoS ${qos}`
    worldTest(`[MQTT-3.3.1-12] ${sent} is forwarded with RETAIN 0`, (world) => {
      const client = world.connect()
      client.subscribe('r', { qos: 2, retainAsPublished: false })
      world.connect().publish('r', 'm', { retain, qos })
      assert.equal(client.take(PacketType.PUBLISH).retain, false)
    })

    worldTest(`[MQTT-3.3.1-13] ${sent} is forwarded as it is on request`, (world) => {
      const client = world.connect()
      client.subscribe('r', { qos: 2, retainAsPublished: true })
      world.connect().publish('r', 'm', { retain, qos })
      assert.equal(client.take(PacketType.PUBLISH).retain, retain)
    })
  }
}

worldTest('[MQTT-3.3.1-13] messages that waited for a client keep their RETAIN', (world) => {
  const options = {
    clientId: 'lasting',
    cleanStart: false,
    properties: { sessionExpiryIntervalSeconds: 3600 },
  }
  const client = world.connect(options)
  client.subscribe('p/+', { qos: 1, retainAsPublished: true })
  client.subscribe('n/+', { qos: 1, retainAsPublished: false })
  client.drop()
  const publisher = world.connect()
  for (const topic of ['p/1', 'n/1']) publisher.publish(topic, topic, { qos: 1, retain: true })
  publisher.publish('p/0', 'p/0', { qos: 1 })
  world.crash()
  const seen = world
    .connect(options)
    .messages()
    .map(({ topic, retain }) => [topic, retain])
  assert.deepEqual(seen, [
    ['p/1', true],
    ['n/1', false],
    ['p/0', false],
  ])
})

worldTest('[MQTT-3.3.1-9] a retained message is sent with RETAIN 1 whatever was asked', (world) => {
  world.connect().publish('r', 'm', { retain: true, qos: 1 })
  for (const retainAsPublished of [false, true]) {
    assert.deepEqual(retained(world, 'r', { retainAsPublished }), [['r', 'm', true]])
  }
})

worldTest('[MQTT-3.3.1-9] shared subscriptions get no retained messages', (world) => {
  world.connect().publish('r', 'm', { retain: true, qos: 1 })
  assert.deepEqual(retained(world, '$share/g/r'), [])
  assert.deepEqual(retained(world, '$share/g/#', { retainHandling: 1 }), [])
})

worldTest('[MQTT-3.3.1-9] SUBACK comes before the retained messages', (world) => {
  const publisher = world.connect()
  for (let index = 0; index < 300; index++) {
    publisher.publish(`r/${index}`, 'm', { retain: true, qos: 1 })
  }
  const client = world.connect()
  client.packets.length = 0
  client.send('82 @ 00 01 <> s"r/+" 01')
  assert.equal(client.packets[0]?.type, PacketType.SUBACK)
  assert.equal(client.messages().length, 300)
})
