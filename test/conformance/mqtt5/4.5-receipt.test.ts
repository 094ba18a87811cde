import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { kept, kept311 } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'

const FILTERS = ['a/b/c', 'a/+/c', 'a/#', '+/+/+', '#', 'a/b/#', 'a/b/c/#'] as const
const OTHERS = ['a/b', 'a/b/c/d', 'b/#', '+', 'A/B/C', '/a/b/c', '+/b/d'] as const

worldTest('[MQTT-4.5.0-1] a message goes to every session with a matching filter', (world) => {
  const matching = FILTERS.map((filter, index) => {
    const client = world.connect({ clientId: `in-${index}` })
    client.subscribe(filter, { qos: 2 })
    return client
  })
  const others = OTHERS.map((filter, index) => {
    const client = world.connect({ clientId: `out-${index}` })
    client.subscribe(filter, { qos: 2 })
    return client
  })
  for (const qos of [0, 1, 2] as const) {
    world.connect().publish('a/b/c', `q${qos}`, { qos })
    for (const client of matching) assert.deepEqual(client.payloads(), [`q${qos}`])
  }
  for (const client of others) assert.deepEqual(client.payloads(), [])
})

worldTest('[MQTT-4.5.0-1] sessions that are away have it when they return', (world) => {
  const options = [kept('five'), kept311('old'), kept('far', { shard: world.shardCount - 1 })]
  for (const option of options) {
    const client = world.connect(option)
    client.subscribe('a/#', { qos: 1 })
    client.drop()
  }
  const publisher = world.connect()
  publisher.publish('a/b', 'm', { qos: 1 })
  publisher.take(PacketType.PUBACK)
  world.crash()
  for (const option of options) assert.deepEqual(world.connect(option).payloads(), ['m'])
})

worldTest('[MQTT-4.5.0-1] a subscription counts from its SUBACK on, from every shard', (world) => {
  const publishers = Array.from({ length: world.shardCount }, (_, shard) =>
    world.connect({ shard }),
  )
  const expected: string[] = []
  const client = world.connect()
  for (let round = 0; round < 10; round++) {
    client.subscribe(`s/${round}/#`, { qos: 1 })
    world.together(() => {
      for (const [index, publisher] of publishers.entries()) {
        publisher.publish(`s/${round}/x`, `${round}-${index}`, { qos: 1 })
      }
    })
    expected.push(...publishers.map((_, index) => `${round}-${index}`))
  }
  assert.deepEqual(client.payloads().toSorted(), expected.toSorted())
})

worldTest('[MQTT-4.5.0-1] one session gets one copy, however many filters match', (world) => {
  const client = world.connect()
  client.subscribe([...FILTERS], { qos: 1 })
  world.connect().publish('a/b/c', 'm', { qos: 1 })
  assert.deepEqual(client.payloads(), ['m'])
})

worldTest('[MQTT-4.5.0-1] a client that does not read holds nobody up', (world) => {
  const stuck = world.connect({ autoAck: false, properties: { receiveMaximum: 1 } })
  const asleep = world.connect()
  const awake = world.connect()
  for (const client of [stuck, asleep, awake]) client.subscribe('t', { qos: 1 })
  asleep.wire.stalled = true
  const publisher = world.connect()
  for (let index = 0; index < 100; index++) publisher.publish('t', `${index}`, { qos: 1 })
  assert.equal(awake.payloads().length, 100)
  assert.equal(publisher.packets.length, 101, 'and all are acknowledged')
})
