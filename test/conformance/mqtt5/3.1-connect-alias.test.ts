import assert from 'node:assert/strict'
import type { ServerPacket } from '../../support/server-packets.ts'
import type { ConnectOptions } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'

function aliased(topicAliasMaximum: number, more: ConnectOptions = {}): ConnectOptions {
  return { ...more, properties: { topicAliasMaximum, ...more.properties } }
}

/** Topic as the client understands it, or undefined when it does not know the alias. */
function reader(): (message: ServerPacket) => string | undefined {
  const known = new Map<number, string>()
  return ({ topic, properties: { topicAlias } }) => {
    if (topicAlias === undefined) return topic
    if (topic !== '') known.set(topicAlias, topic)
    return known.get(topicAlias)
  }
}

worldTest('[MQTT-3.1.2-26] [MQTT-3.3.2-11] aliases stay within what the client allows', (world) => {
  for (const max of [1, 3, 10]) {
    const client = world.connect(aliased(max))
    client.subscribe('t/#', { qos: 1 })
    const publisher = world.connect()
    const topics: string[] = []
    for (let round = 0; round < 3; round++) {
      for (let index = 0; index < 5; index++) {
        publisher.publish(`t/${index}`, 'm', { qos: index % 2 === 0 ? 0 : 1 })
        topics.push(`t/${index}`)
      }
    }
    const messages = client.messages()
    assert.deepEqual(messages.map(reader()), topics)
    const used = messages.map(({ properties }) => properties.topicAlias ?? 0)
    assert.equal(Math.max(...used), Math.min(max, 5))
    client.disconnect()
  }
})

worldTest('[MQTT-3.1.2-27] without a maximum, or with 0, no alias is used', (world) => {
  const clients = [world.connect(), world.connect(aliased(0))]
  for (const client of clients) client.subscribe('t/#', { qos: 1 })
  const publisher = world.connect()
  for (let round = 0; round < 3; round++) {
    publisher.publish('t/a', 'm')
    publisher.publish('t/a', 'm', { qos: 1 })
  }
  for (const client of clients) {
    const messages = client.messages()
    assert.equal(messages.length, 6)
    for (const { topic, properties } of messages) {
      assert.equal(topic, 't/a')
      assert.equal(properties.topicAlias, undefined)
    }
  }
})

worldTest('[MQTT-3.1.2-26] subscribers with and without aliases get the same topics', (world) => {
  // All in one shard, so that they share what is encoded for one of them.
  const shard = 0
  const clients = [
    world.connect(aliased(5, { shard })),
    world.connect({ shard }),
    world.connect(aliased(1, { shard })),
    world.connect(aliased(65_535, { shard })),
  ]
  const readers = clients.map(() => reader())
  for (const client of clients) client.subscribe('t/#')
  const publisher = world.connect({ shard })
  for (let round = 0; round < 3; round++) {
    for (const topic of ['t/one', 't/two', 't/one']) {
      publisher.publish(topic, 'm')
      for (const [index, client] of clients.entries()) {
        assert.deepEqual(client.messages().map(readers[index]!), [topic])
      }
    }
  }
})

worldTest('[MQTT-3.1.2-26] an alias is introduced with its topic, then stands for it', (world) => {
  const client = world.connect(aliased(5))
  client.subscribe('t/long/topic')
  const publisher = world.connect()
  for (let round = 0; round < 3; round++) publisher.publish('t/long/topic', 'm')
  const seen = client.messages().map(({ topic, properties }) => [topic, properties.topicAlias])
  assert.deepEqual(seen, [
    ['t/long/topic', 1],
    ['', 1],
    ['', 1],
  ])
})

worldTest('[MQTT-3.3.2-7] the aliases of the broker end with the connection', (world) => {
  const options = aliased(5, {
    clientId: 'back',
    cleanStart: false,
    properties: { sessionExpiryIntervalSeconds: 3600 },
  })
  const publisher = world.connect()
  const first = world.connect(options)
  first.subscribe('t/long/topic', { qos: 1 })
  publisher.publish('t/long/topic', 'one', { qos: 1 })
  publisher.publish('t/long/topic', 'two', { qos: 1 })
  assert.deepEqual(
    first.messages().map(({ topic }) => topic),
    ['t/long/topic', ''],
  )
  first.drop()
  const second = world.connect(options)
  publisher.publish('t/long/topic', 'three', { qos: 1 })
  const [message] = second.messages()
  assert.equal(message?.topic, 't/long/topic')
})

worldTest('[MQTT-3.3.2-7] a message sent again does not rely on a former alias', (world) => {
  const options = aliased(5, {
    clientId: 'again',
    cleanStart: false,
    autoAck: false,
    properties: { sessionExpiryIntervalSeconds: 3600 },
  })
  const first = world.connect(options)
  first.subscribe('t/long/topic', { qos: 2 })
  const publisher = world.connect()
  publisher.publish('t/long/topic', 'one', { qos: 1 })
  publisher.publish('t/long/topic', 'two', { qos: 2 })
  assert.equal(first.messages().length, 2)
  first.drop()
  const topics = world.connect(options).messages().map(reader())
  assert.deepEqual(topics, ['t/long/topic', 't/long/topic'])
})

worldTest('[MQTT-3.1.2-26] a client may allow more aliases than the broker ever needs', (world) => {
  const client = world.connect(aliased(65_535))
  client.subscribe('#')
  const publisher = world.connect()
  const topics = Array.from({ length: 600 }, (_, index) => `many/${index % 300}`)
  for (const topic of topics) publisher.publish(topic, 'm')
  assert.deepEqual(client.messages().map(reader()), topics)
})
