import assert from 'node:assert/strict'
import { describe } from 'node:test'
import type { UserProperty } from '#codec/mqtt/properties.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { expectRefused } from '../../support/expect.ts'
import { kept } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'
import type { SettingsPatch } from '../../support/world.ts'

const STRING_BYTES_MAX = 65_535
const ROOMY: SettingsPatch = { mqtt: { packetBytesMax: 16_777_216, topicLevelsMax: 65_536 } }

describe('the largest things that MQTT allows', () => {
  worldTest(
    'are client ids of 65535 bytes',
    (world) => {
      for (const clientId of ['x'.repeat(STRING_BYTES_MAX), `${'é'.repeat(32_767)}x`]) {
        assert.equal(Buffer.byteLength(clientId), STRING_BYTES_MAX)
        const client = world.connect(kept(clientId, { shard: 0 }))
        client.subscribe(['t', '$share/g/s'], { qos: 1 })
        client.drop()
        const publisher = world.connect()
        publisher.publish('t', 'm', { qos: 1 })
        publisher.publish('s', 's', { qos: 1 })
        world.crash()
        const shard = world.shardCount - 1
        const again = world.dial(kept(clientId, { shard }))
        assert.equal(again.connect().sessionPresent, true)
        assert.deepEqual(again.payloads().toSorted(), ['m', 's'])
        again.disconnect(0, 0)
      }
    },
    ROOMY,
  )

  worldTest(
    'are not longer than the owner allows',
    (world) => {
      world.connect({ clientId: 'x'.repeat(23) })
      const client = world.dial({ clientId: 'x'.repeat(24) })
      client.tryConnect()
      expectRefused(client, ReasonCode.CLIENT_IDENTIFIER_NOT_VALID)
    },
    { mqtt: { clientIdBytesMax: 23 } },
  )

  worldTest(
    'are topics of 65535 bytes, in queues, retained and delayed',
    (world) => {
      const topic = `${'é'.repeat(32_700)}/${'x'.repeat(134)}`
      assert.equal(Buffer.byteLength(topic), STRING_BYTES_MAX)
      const client = world.connect(kept('keeper'))
      assert.deepEqual(client.subscribe(topic, { qos: 2 }), [2])
      client.drop()
      const publisher = world.connect()
      publisher.publish(topic, 'queued', { qos: 2, retain: true })
      world.crash()
      const late = world.connect()
      late.subscribe(topic)
      assert.equal(late.take(PacketType.PUBLISH).topic, topic)
      const again = world.connect(kept('keeper'))
      assert.equal(again.take(PacketType.PUBLISH).topic, topic)
      assert.deepEqual(again.unsubscribe(topic), [0])
      const delayed = `$delayed/1/${'x'.repeat(STRING_BYTES_MAX - 11)}`
      again.subscribe(delayed.slice(11))
      world.connect().publish(delayed, 'delayed', { qos: 1 })
      world.pass(2_000)
      assert.deepEqual(again.payloads(), ['delayed'])
    },
    ROOMY,
  )

  worldTest(
    'are topics of 65536 levels',
    (world) => {
      const topic = '/'.repeat(STRING_BYTES_MAX)
      const client = world.connect()
      const filters = [topic, `${'+/'.repeat(32_767)}#`, '#']
      assert.deepEqual(client.subscribe(filters, { qos: 1 }), [1, 1, 1])
      const publisher = world.connect()
      publisher.publish(topic, 'm', { qos: 1, retain: true })
      assert.equal(publisher.take(PacketType.PUBACK).reason, ReasonCode.SUCCESS)
      assert.equal(client.take(PacketType.PUBLISH).topic, topic)
      assert.deepEqual(client.payloads(), [])
      const late = world.connect()
      late.subscribe(`${'+/'.repeat(32_767)}#`)
      assert.equal(late.take(PacketType.PUBLISH).topic, topic)
      assert.deepEqual(client.unsubscribe(filters), [0, 0, 0])
    },
    ROOMY,
  )

  worldTest('are topics of 128 levels as shipped', (world) => {
    const client = world.connect()
    const levels = (count: number): string => Array.from({ length: count }, () => 'x').join('/')
    assert.deepEqual(client.subscribe([levels(128), levels(129)]), [
      0,
      ReasonCode.TOPIC_FILTER_INVALID,
    ])
    client.publish(levels(128), 'm', { qos: 1 })
    assert.equal(client.take(PacketType.PUBACK).reason, ReasonCode.SUCCESS)
    client.publish(levels(129), 'm')
    assert.equal(client.take(PacketType.DISCONNECT).reason, ReasonCode.TOPIC_NAME_INVALID)
  })

  worldTest(
    'are 65535 user properties, which keep their order',
    (world) => {
      const userProperties = Array.from({ length: 65_535 }, (_, index): UserProperty => {
        return [`k${index % 7}`, `${index}`]
      })
      const away = world.connect(kept('keeper'))
      away.subscribe('t', { qos: 1 })
      away.drop()
      const live = world.connect()
      live.subscribe('t', { qos: 1 })
      const publisher = world.connect()
      publisher.publish('t', 'm', { qos: 1, retain: true, properties: { userProperties } })
      assert.equal(publisher.take(PacketType.PUBACK).reason, ReasonCode.SUCCESS)
      world.crash()
      const late = world.connect()
      late.subscribe('t')
      for (const client of [live, late, world.connect(kept('keeper'))]) {
        const { properties } = client.take(PacketType.PUBLISH)
        assert.deepEqual(properties.userProperties, userProperties)
      }
    },
    ROOMY,
  )

  worldTest(
    'are payloads as large as a packet may be',
    (world) => {
      const payload = Buffer.alloc(16_777_216 - 12, 'p')
      const live = world.connect(kept('keeper'))
      live.subscribe('t', { qos: 1 })
      const publisher = world.connect()
      publisher.publish('t', payload, { qos: 1 })
      assert.equal(live.take(PacketType.PUBLISH).bytes.length, payload.length)
      live.drop()
      publisher.publish('t', payload, { qos: 1 })
      world.crash()
      const again = world.connect(kept('keeper'))
      assert.ok(again.take(PacketType.PUBLISH).bytes.equals(payload))
    },
    ROOMY,
  )

  worldTest('are hundreds of subscriptions that match the same message', (world) => {
    const filters = Array.from({ length: 512 }, (_, bits) => {
      return Array.from({ length: 9 }, (_level, at) => ((bits >> at) & 1 ? '+' : 'a')).join('/')
    })
    const topic = filters[0]!
    const client = world.connect(kept('client', { shard: 0 }))
    for (const [index, filter] of filters.entries()) {
      client.subscribe(filter, { qos: 1, subscriptionIdentifier: index + 1 })
    }
    const expected = filters.map((_, index) => index + 1)
    const check = (message: {
      readonly properties: { subscriptionIdentifiers?: number[] }
    }): void => {
      const ids = message.properties.subscriptionIdentifiers ?? []
      assert.deepEqual(
        ids.toSorted((a, b) => a - b),
        expected,
      )
    }
    const publisher = world.connect()
    publisher.publish(topic, 'now', { qos: 1 })
    check(client.take(PacketType.PUBLISH))
    client.drop()
    publisher.publish(topic, 'away', { qos: 1 })
    world.crash()
    const again = world.connect(kept('client', { shard: 0 }))
    check(again.take(PacketType.PUBLISH))
    const next = world.dial(kept('client', { shard: world.shardCount - 1 }))
    world.together(() => {
      const other = world.dial({ shard: 0 })
      other.tryConnect()
      next.tryConnect()
      world.round()
      world.round()
      world.round()
      other.publish(topic, 'moving', { qos: 1 })
    })
    check(next.take(PacketType.PUBLISH))
  })

  worldTest(
    'are 65535 messages on their way to one client',
    (world) => {
      const client = world.connect({ autoAck: false })
      client.subscribe('t', { qos: 1 })
      const publisher = world.connect()
      for (let round = 0; round < 70; round++) {
        world.together(() => {
          for (let count = 0; count < 1_000; count++) publisher.publish('t', 'm', { qos: 1 })
        })
      }
      const open = client.messages()
      assert.equal(open.length, 65_535)
      assert.equal(new Set(open.map(({ packetId }) => packetId)).size, 65_535)
      client.ack(PacketType.PUBACK, 40_000)
      assert.deepEqual(
        client.messages().map(({ packetId }) => packetId),
        [40_000],
      )
    },
    { mqtt: { inflightMax: 65_535 } },
  )
})
