import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { Metric } from '#broker/metrics.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { kept } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'
import type { SettingsPatch } from '../../support/world.ts'

const BODY = 'x'.repeat(1_000)
const SMALL: SettingsPatch = { mqtt: { outboxBytesHigh: 20_000, outboxBytesMax: 100_000 } }

describe('a client that does not read', () => {
  for (const qos of [0, 1, 2] as const) {
    worldTest(
      `gets all messages of QoS ${qos} in order when it reads again`,
      (world) => {
        const slow = world.connect({ properties: { receiveMaximum: 500 } })
        const fast = world.connect()
        for (const client of [slow, fast]) client.subscribe('t', { qos: 2 })
        slow.wire.stalled = true
        const publisher = world.connect()
        const expected: string[] = []
        for (let index = 0; index < 300; index++) {
          expected.push(`${index} ${BODY}`)
          publisher.publish('t', `${index} ${BODY}`, { qos })
        }
        assert.deepEqual(fast.payloads(), expected, 'the others have it already')
        assert.ok(slow.wire.bufferedBytes < 25_000, `${slow.wire.bufferedBytes} bytes wait`)
        assert.equal(slow.closed, false)
        // It reads a bit, stops, and reads again.
        slow.readAgain()
        slow.wire.stalled = true
        publisher.publish('t', 'last', { qos })
        slow.readAgain()
        expected.push('last')
        assert.deepEqual(slow.payloads(), expected)
      },
      SMALL,
    )
  }

  worldTest(
    'loses the oldest when its queue is full',
    (world) => {
      const slow = world.connect()
      slow.subscribe('t')
      slow.wire.stalled = true
      const publisher = world.connect()
      for (let index = 0; index < 200; index++) publisher.publish('t', `${index} ${BODY}`)
      slow.readAgain()
      const got = slow.payloads().map((payload) => Number.parseInt(payload, 10))
      assert.deepEqual(got.slice(-10), [190, 191, 192, 193, 194, 195, 196, 197, 198, 199])
      assert.equal(world.metric(Metric.DELIVERY_DROPPED), 200 - got.length)
      assert.deepEqual(
        got,
        got.toSorted((a, b) => a - b),
      )
    },
    { mqtt: { outboxBytesHigh: 20_000, queueMessagesMax: 10 } },
  )

  worldTest(
    'loses QoS 0 at once if the owner wants it so',
    (world) => {
      const slow = world.connect()
      slow.subscribe('t', { qos: 1 })
      slow.wire.stalled = true
      const publisher = world.connect()
      for (let index = 0; index < 100; index++) publisher.publish('t', `${index} ${BODY}`)
      publisher.publish('t', 'kept', { qos: 1 })
      slow.readAgain()
      const got = slow.payloads()
      assert.ok(got.length < 30)
      assert.equal(got.at(-1), 'kept')
    },
    { mqtt: { outboxBytesHigh: 20_000, queueStoreQos0: false } },
  )

  worldTest(
    'is closed when too much waits for it; its session keeps the messages',
    (world) => {
      const slow = world.connect(kept('slow', { properties: { receiveMaximum: 3 } }))
      slow.subscribe('t', { qos: 1 })
      slow.wire.stalled = true
      const publisher = world.connect()
      for (let index = 0; index < 10; index++) publisher.publish('t', `${index}`, { qos: 1 })
      // Answers cannot wait in a queue.
      const pings = Buffer.alloc(2_000).fill(Buffer.from([0xc0, 0]))
      for (let count = 0; count < 60 && !slow.closed; count++) slow.sendBytes(pings)
      assert.equal(slow.closed, true)
      publisher.publish('t', '10', { qos: 1 })
      assert.equal(publisher.packets.length, 12)
      const again = world.connect(kept('slow'))
      assert.deepEqual(
        again.payloads(),
        Array.from({ length: 11 }, (_, index) => `${index}`),
      )
    },
    SMALL,
  )

  worldTest(
    'may still publish and be acknowledged',
    (world) => {
      const slow = world.connect()
      slow.subscribe('t')
      slow.wire.stalled = true
      const publisher = world.connect()
      for (let index = 0; index < 100; index++) publisher.publish('t', BODY)
      const other = world.connect()
      other.subscribe('u', { qos: 1 })
      slow.publish('u', 'm', { qos: 1 })
      assert.deepEqual(other.payloads(), ['m'])
      slow.readAgain()
      slow.take(PacketType.PUBACK)
      assert.equal(slow.messages().length, 100)
    },
    SMALL,
  )

  worldTest(
    'does not hold up a shared subscription for good',
    (world) => {
      const members = [world.connect(), world.connect()]
      for (const member of members) member.subscribe('$share/g/t', { qos: 1 })
      members[0]!.wire.stalled = true
      const publisher = world.connect()
      for (let index = 0; index < 100; index++) {
        publisher.publish('t', `${index} ${BODY}`, { qos: 1 })
      }
      members[0]!.drop()
      assert.equal(members[1]!.messages().length, 100)
    },
    SMALL,
  )
})
