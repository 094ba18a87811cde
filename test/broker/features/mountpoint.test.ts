import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { expectRefused } from '../../support/expect.ts'
import { kept } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'

const TENANT = { mountpoint: 'tenant/a/' }

describe('the mountpoint of a listener', () => {
  worldTest('keeps its clients among themselves', (world) => {
    const inside = world.connect(TENANT)
    const other = world.connect({ mountpoint: 'tenant/b/' })
    const outside = world.connect()
    for (const client of [inside, other, outside]) client.subscribe('#', { qos: 1 })
    const publisher = world.connect(TENANT)
    publisher.publish('t', 'm', { qos: 1 })
    assert.deepEqual(
      inside.messages().map(({ topic, payload }) => [topic, payload]),
      [['t', 'm']],
    )
    assert.deepEqual(other.payloads(), [])
    assert.deepEqual(
      outside.messages().map(({ topic }) => topic),
      ['tenant/a/t'],
    )
    outside.publish('tenant/a/u', 'from outside')
    assert.equal(inside.take(PacketType.PUBLISH).topic, 'u')
  })

  worldTest('holds for every way in and out', (world) => {
    const outside = world.connect()
    outside.subscribe('tenant/a/#', { qos: 2 })
    const will = {
      topic: 'will',
      payload: Buffer.from('gone'),
      qos: 1,
      retain: false,
      properties: {},
    } as const
    const client = world.connect({ ...TENANT, will })
    client.publish('retained', 'm', { retain: true, qos: 1 })
    client.publish('$delayed/1/delayed', 'm', { qos: 2 })
    client.publish('alias', 'm', { properties: { topicAlias: 3 } })
    client.publish('', 'm', { properties: { topicAlias: 3 } })
    client.drop()
    world.pass(2_000)
    const topics = outside.messages().map(({ topic }) => topic)
    assert.deepEqual(topics, [
      'tenant/a/retained',
      'tenant/a/alias',
      'tenant/a/alias',
      'tenant/a/will',
      'tenant/a/delayed',
    ])
    const again = world.connect({ ...TENANT, properties: { topicAliasMaximum: 5 } })
    again.subscribe(['retained', '$share/g/s', '$queue/q', '$SYS/x'], { qos: 1 })
    outside.publish('tenant/a/s', 'm', { qos: 1 })
    outside.publish('tenant/a/q', 'm', { qos: 1 })
    outside.publish('tenant/a/s', 'm', { qos: 1 })
    const got = again.messages().map(({ topic }) => topic)
    assert.deepEqual(got, ['retained', 's', 'q', ''], 'an alias stands for the same topic')
    assert.deepEqual(again.unsubscribe(['$share/g/s', '$queue/q', 'retained']), [0, 0, 0])
  })

  worldTest('may hold the name of the client', (world) => {
    const options = { mountpoint: '${clientid}/${username}/' }
    const outside = world.connect()
    outside.subscribe('#')
    world.connect({ ...options, clientId: 'c', username: 'u' }).publish('t', 'm')
    assert.equal(outside.take(PacketType.PUBLISH).topic, 'c/u/t')
  })

  worldTest('refuses clients without a name, or with one that has a wildcard', (world) => {
    const cases = [
      { mountpoint: '${username}/' },
      { mountpoint: '${username}/', username: 'a/#' },
      { mountpoint: '${clientid}/', clientId: '+' },
    ]
    for (const options of cases) {
      const client = world.dial(options)
      client.tryConnect()
      expectRefused(client, ReasonCode.NOT_AUTHORIZED)
    }
  })

  worldTest('is hidden from access, which sees topics as clients write them', (world) => {
    const asked: string[] = []
    world.access.authorizePublish = (_who, topic) => {
      asked.push(topic)
      return 0
    }
    world.access.authorizeSubscribe = (_who, filter) => {
      asked.push(filter)
      return 0
    }
    const client = world.connect(TENANT)
    client.publish('t', 'm')
    client.subscribe(['t', '$share/g/t'])
    assert.deepEqual(asked, ['t', 't', 't'])
  })

  worldTest('does not let clients reach or watch the broker itself', (world) => {
    const client = world.connect(TENANT)
    client.subscribe(['$SYS/#', '#'])
    client.packets.length = 0
    world.connect()
    assert.deepEqual(client.packets, [])
    client.publish('$SYS/x', 'm', { qos: 1 })
    assert.equal(client.take(PacketType.PUBACK).reason, ReasonCode.NOT_AUTHORIZED)
  })

  worldTest('is in the queue of a session, which another listener sees as it is', (world) => {
    const client = world.connect(kept('keeper', TENANT))
    client.subscribe('t', { qos: 1 })
    client.drop()
    const publisher = world.connect(TENANT)
    publisher.publish('t', '1', { qos: 1 })
    const again = world.connect(kept('keeper', TENANT))
    assert.equal(again.take(PacketType.PUBLISH).topic, 't')
    again.drop()
    publisher.publish('t', '2', { qos: 1 })
    const elsewhere = world.connect(kept('keeper'))
    assert.equal(elsewhere.take(PacketType.PUBLISH).topic, 'tenant/a/t')
  })

  worldTest('does not make a message too large that fits without it', (world) => {
    const options = { ...TENANT, properties: { maximumPacketSizeBytes: 40 } }
    const client = world.connect(options)
    client.subscribe('t')
    // First byte, length, topic of 1, length of properties and the payload: 40 bytes.
    world.connect(TENANT).publish('t', 'x'.repeat(34))
    world.connect(TENANT).publish('t', 'x'.repeat(35))
    assert.deepEqual(
      client.messages().map(({ frame }) => frame.length),
      [40],
    )
  })
})
