import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { Metric } from '#broker/metrics.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { kept, kept311 } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

const SESSIONS = 1_000
const BODY = 'a body that is longer than thirty-two bytes, and so is stored once'

function absentees(world: World, count: number): void {
  for (let index = 0; index < count; index++) {
    const client = world.connect(kept(`away-${index}`))
    client.subscribe('t', { qos: 1 })
    client.drop()
  }
}

describe('a message for many sessions that are away', () => {
  worldTest('is stored once in each shard, until the last has it', (world) => {
    absentees(world, SESSIONS)
    const publisher = world.connect()
    publisher.publish('t', BODY, { qos: 1 })
    publisher.publish('t', 'small', { qos: 1 })
    publisher.take(PacketType.PUBACK)
    assert.equal(world.disk.size('queue'), 2 * SESSIONS)
    assert.equal(world.disk.size('bodies'), world.shardCount)
    for (let index = 0; index < SESSIONS; index++) {
      assert.equal(world.disk.size('bodies') > 0, true)
      const client = world.connect(kept(`away-${index}`))
      assert.deepEqual(client.payloads(), [BODY, 'small'])
      client.drop()
    }
    world.pass(100)
    assert.equal(world.disk.size('queue'), 0)
    assert.equal(world.disk.size('bodies'), 0)
  })

  worldTest('goes to them after a crash; its body goes when nobody refers to it', (world) => {
    absentees(world, 30)
    world.connect().publish('t', BODY, { qos: 1 })
    world.crash()
    for (let index = 0; index < 30; index++) {
      const client = world.connect(kept(`away-${index}`))
      assert.deepEqual(client.payloads(), [BODY])
      client.drop()
    }
    assert.equal(world.disk.size('queue'), 0)
    world.pass(3_601_000 * 2)
    assert.equal(world.disk.size('bodies'), 0)
  })

  worldTest('lets go of its body when sessions end or expire', (world) => {
    absentees(world, 12)
    world.connect().publish('t', BODY, { qos: 1 })
    for (let index = 0; index < 6; index++) {
      world.connect({ clientId: `away-${index}`, cleanStart: true }).disconnect()
    }
    assert.equal(world.disk.size('queue'), 6)
    assert.equal(world.disk.size('bodies'), world.shardCount)
    world.pass(3_700_000)
    assert.equal(world.disk.size('queue'), 0)
    assert.equal(world.disk.size('bodies'), 0)
  })

  worldTest('lets go of its body when a session moved to another shard has it', (world) => {
    absentees(world, 9)
    world.connect().publish('t', BODY, { qos: 1 })
    for (let index = 0; index < 9; index++) {
      const shard = (index + 1) % world.shardCount
      const client = world.connect(kept(`away-${index}`, { shard, autoAck: false }))
      const { packetId } = client.take(PacketType.PUBLISH)
      const onwards = world.connect(
        kept(`away-${index}`, { shard: (shard + 1) % world.shardCount }),
      )
      assert.equal(onwards.take(PacketType.PUBLISH).packetId, packetId)
    }
    world.pass(100)
    assert.equal(world.disk.size('queue'), 0)
    assert.equal(world.disk.size('bodies'), 0)
  })

  worldTest('is acknowledged to its publisher once', (world) => {
    absentees(world, 100)
    for (const options of [{}, kept311('old')]) {
      const publisher = world.connect(options)
      publisher.publish('t', BODY, { qos: 2 })
      assert.deepEqual(
        publisher.packets.map(({ type }) => type),
        [PacketType.CONNACK, PacketType.PUBREC, PacketType.PUBCOMP],
      )
    }
    assert.equal(world.disk.size('bodies'), 2 * world.shardCount)
  })
})

describe('a message for many who are there', () => {
  worldTest('is sent to each as it wants it', (world) => {
    const clients = Array.from({ length: 300 }, (_, index) => {
      const version = index % 3 === 0 ? 4 : 5
      const client = world.connect({ version })
      client.subscribe('t', {
        qos: index % 2 === 0 ? 0 : 1,
        ...(version === 5 && { subscriptionIdentifier: 1 + (index % 5) }),
      })
      return client
    })
    world.connect().publish('t', BODY, { qos: 1 })
    for (const [index, client] of clients.entries()) {
      const [message, ...more] = client.messages()
      assert.deepEqual(more, [])
      assert.equal(message?.payload, BODY)
      assert.equal(message.qos, index % 2)
      const ids = index % 3 === 0 ? undefined : [1 + (index % 5)]
      assert.deepEqual(message.properties.subscriptionIdentifiers, ids)
    }
    assert.equal(world.metric(Metric.MESSAGES_DELIVERED), 300)
    assert.equal(world.disk.size('bodies'), 0)
  })
})
