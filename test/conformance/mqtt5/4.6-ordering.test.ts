import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { kept, kept311 } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'

const QOS = [0, 1, 2] as const

function numbers(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `${from + index}`)
}

for (const qos of QOS) {
  worldTest(`[MQTT-4.6.0-5] [MQTT-4.6.0-6] QoS ${qos} messages stay in order`, (world) => {
    const subscriber = world.connect({ properties: { receiveMaximum: 5 } })
    subscriber.subscribe('t', { qos: 2 })
    const publisher = world.connect()
    world.together(() => {
      for (const payload of numbers(200)) publisher.publish('t', payload, { qos })
    })
    assert.deepEqual(subscriber.payloads(), numbers(200))
  })

  worldTest(`[MQTT-4.6.0-5] QoS ${qos} messages stay in order over an absence`, (world) => {
    const options = kept('keeper', { properties: { receiveMaximum: 3 } })
    let subscriber = world.connect(options)
    subscriber.subscribe('t', { qos: 2 })
    const publisher = world.connect()
    const got: string[] = []
    for (let round = 0; round < 8; round++) {
      for (const payload of numbers(40, round * 40)) publisher.publish('t', payload, { qos })
      got.push(...subscriber.payloads())
      if (round % 2 === 0) subscriber.drop()
      else {
        const shard = round % world.shardCount
        world.together(() => {
          subscriber = world.dial({ ...options, shard })
          subscriber.tryConnect()
        })
      }
    }
    got.push(...subscriber.payloads())
    assert.deepEqual(got, numbers(320))
  })
}

worldTest('[MQTT-4.6.0-5] a QoS 0 message does not overtake those that wait', (world) => {
  const options = kept('keeper', { autoAck: false, properties: { receiveMaximum: 1 } })
  const subscriber = world.connect(options)
  subscriber.subscribe(['t', 'u'], { qos: 1 })
  subscriber.drop()
  const publisher = world.connect()
  publisher.publish('u', 'first in the queue', { qos: 1 })
  publisher.publish('u', 'second in the queue', { qos: 1 })
  publisher.publish('t', 'old')
  const again = world.connect(options)
  publisher.publish('t', 'new')
  const got: string[] = []
  for (let round = 0; round < 5; round++) {
    for (const { payload, qos, packetId } of again.messages()) {
      if (qos === 0) got.push(payload)
      else again.ack(PacketType.PUBACK, packetId)
    }
  }
  assert.deepEqual(got, ['old', 'new'])
  publisher.publish('t', 'newest')
  assert.deepEqual(again.payloads(), ['newest'])
})

worldTest('[MQTT-4.6.0-5] a slow reader gets everything in order', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t', { qos: 2 })
  const publisher = world.connect()
  const body = 'x'.repeat(2_000)
  subscriber.wire.stalled = true
  const expected: string[] = []
  for (let index = 0; index < 3_000; index++) {
    expected.push(`${index} ${body}`)
    publisher.publish('t', `${index} ${body}`)
  }
  subscriber.readAgain()
  expected.push('last')
  publisher.publish('t', 'last')
  assert.deepEqual(subscriber.payloads(), expected)
})

worldTest('[MQTT-4.6.0-5] several publishers of all shards keep their own order', (world) => {
  const subscriber = world.connect(kept311('keeper'))
  subscriber.subscribe('t', { qos: 2 })
  const publishers = [0, 1, 2, 3].map((index) => {
    return world.connect({ clientId: `p${index}`, shard: index % world.shardCount })
  })
  world.together(() => {
    for (const payload of numbers(50)) {
      for (const publisher of publishers) {
        publisher.publish('t', `${publisher.clientId} ${payload}`, { qos: 2 })
      }
      world.round()
    }
  })
  const got = subscriber.payloads()
  assert.equal(got.length, 200)
  for (const { clientId } of publishers) {
    const own = got.filter((payload) => payload.startsWith(clientId))
    assert.deepEqual(
      own,
      numbers(50).map((payload) => `${clientId} ${payload}`),
    )
  }
})

worldTest('[MQTT-4.6.0-5] messages sent again and those that follow are in order', (world) => {
  const options = kept('keeper', { autoAck: false, properties: { receiveMaximum: 10 } })
  const subscriber = world.connect(options)
  subscriber.subscribe('t', { qos: 1 })
  const publisher = world.connect()
  for (const payload of numbers(30)) publisher.publish('t', payload, { qos: 1 })
  assert.deepEqual(subscriber.payloads(), numbers(10))
  world.crash()
  const later = world.connect()
  for (const payload of numbers(10, 30)) later.publish('t', payload, { qos: 1 })
  const again = world.connect({ ...options, autoAck: true })
  assert.deepEqual(again.payloads(), numbers(40))
})

worldTest('[MQTT-4.6.0-6] topics are ordered each, also when they take turns', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('#', { qos: 1 })
  const publisher = world.connect()
  for (let index = 0; index < 60; index++) {
    publisher.publish(`t/${index % 3}`, `${index}`, { qos: 1 })
  }
  const got = subscriber.messages()
  for (const topic of ['t/0', 't/1', 't/2']) {
    const own = got
      .filter((message) => message.topic === topic)
      .map(({ payload }) => Number(payload))
    assert.deepEqual(
      own,
      own.toSorted((a, b) => a - b),
    )
    assert.equal(own.length, 20)
  }
})

worldTest('[MQTT-4.6.0-5] retained messages and what follows them are in order', (world) => {
  const publisher = world.connect()
  publisher.publish('t', '0', { qos: 1, retain: true })
  const subscriber = world.connect()
  world.together(() => {
    subscriber.send('82 07 0001 00 0001 "t" 01')
    for (let round = 0; round < 6; round++) world.round()
    publisher.publish('t', '1', { qos: 1 })
    publisher.publish('t', '2', { qos: 1 })
  })
  const got = subscriber.payloads()
  assert.deepEqual(got.slice(got.indexOf('0')), ['0', '1', '2'])
})
