import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DEFAULT_SETTINGS } from '#broker/limits.ts'
import { Metric } from '#broker/metrics.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { kept } from '../../support/sessions.ts'
import type { TestClient } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'
import { World } from '../../support/world.ts'

const LONG = 'x'.repeat(100)
const IN_FLIGHT = 4

function numbers(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `${from + index}`)
}

function publishAll(world: World, payloads: readonly string[], qos: 0 | 1 | 2 = 1): void {
  const publisher = world.connect()
  for (const payload of payloads) publisher.publish('t', payload, { qos })
  publisher.drop()
}

function away(world: World): void {
  const client = world.connect(kept('keeper'))
  client.subscribe('t', { qos: 2 })
  client.drop()
}

function back(world: World): TestClient {
  return world.connect(kept('keeper'))
}

describe('the queue of a session', () => {
  worldTest(
    'drops the oldest message when it has as many as it may',
    (world) => {
      away(world)
      publishAll(world, numbers(12))
      assert.equal(world.metric(Metric.DELIVERY_DROPPED_QUEUE_FULL), 7)
      assert.equal(world.disk.size('queue'), 5)
      assert.deepEqual(back(world).payloads(), numbers(5, 7))
    },
    { mqtt: { queueMessagesMax: 5 } },
  )

  worldTest(
    'counts what was there before a crash',
    (world) => {
      away(world)
      publishAll(world, numbers(4))
      world.crash()
      publishAll(world, numbers(4, 4))
      world.crash()
      publishAll(world, numbers(1, 8))
      assert.equal(world.disk.size('queue'), 5)
      assert.deepEqual(back(world).payloads(), numbers(5, 4))
    },
    { mqtt: { queueMessagesMax: 5 } },
  )

  worldTest(
    'drops the newest message if the owner wants it so',
    (world) => {
      away(world)
      publishAll(world, numbers(12))
      assert.equal(world.disk.size('queue'), 5)
      assert.deepEqual(back(world).payloads(), numbers(5))
    },
    { mqtt: { queueMessagesMax: 5, queueDropPolicy: 'drop_newest' } },
  )

  worldTest(
    'has its limit also while the client is there and does not acknowledge',
    (world) => {
      for (const options of [kept('keeper', { autoAck: false }), { autoAck: false }]) {
        const client = world.connect({
          ...options,
          properties: { ...('properties' in options && options.properties), receiveMaximum: 2 },
        })
        client.subscribe('t', { qos: 1 })
        publishAll(world, numbers(12))
        const got: string[] = []
        for (let round = 0; round < 10; round++) {
          for (const { payload, packetId } of client.messages()) {
            got.push(payload)
            client.ack(PacketType.PUBACK, packetId)
          }
        }
        assert.deepEqual(got, ['0', '1', ...numbers(5, 7)])
        client.drop()
      }
    },
    { mqtt: { queueMessagesMax: 5 } },
  )

  worldTest(
    'drops by bytes, and lets go of the bodies',
    (world) => {
      away(world)
      const other = world.connect(kept('other'))
      other.subscribe('t', { qos: 1 })
      other.drop()
      publishAll(
        world,
        numbers(50).map((number) => `${number} ${LONG}`),
      )
      const stored = world.disk.size('queue') / 2
      assert.ok(stored > 3 && stored < 10, `${stored} messages are in 1000 bytes`)
      const bodies = world.disk.size('bodies')
      const shards = world.shardCount === 1 ? 1 : 2
      assert.ok(bodies <= stored * shards, `${bodies} bodies for ${stored} messages`)
      const expected = numbers(stored, 50 - stored).map((number) => `${number} ${LONG}`)
      assert.deepEqual(back(world).payloads(), expected)
      assert.deepEqual(world.connect(kept('other')).payloads(), expected)
      assert.equal(world.disk.size('queue'), 0)
      assert.equal(world.disk.size('bodies'), 0)
    },
    { mqtt: { queueBytesMax: 1_000 } },
  )

  worldTest(
    'takes a message that is larger than all of it, alone',
    (world) => {
      away(world)
      publishAll(world, ['small', 'x'.repeat(5_000)])
      assert.deepEqual(
        back(world)
          .payloads()
          .map(({ length }) => length),
        [5_000],
      )
    },
    { mqtt: { queueBytesMax: 1_000 } },
  )

  worldTest('keeps QoS 0 for a session that is away', (world) => {
    away(world)
    publishAll(world, numbers(3), 0)
    world.pass(100)
    world.crash()
    publishAll(world, numbers(3, 3), 0)
    assert.deepEqual(back(world).payloads(), numbers(6))
    assert.deepEqual(back(world).payloads(), [], 'and sends them once')
  })

  worldTest(
    'does not keep QoS 0 if the owner wants it so',
    (world) => {
      away(world)
      publishAll(world, ['a'], 0)
      publishAll(world, ['b'], 1)
      assert.equal(world.metric(Metric.DELIVERY_DROPPED_QOS0_MSG), 1)
      assert.deepEqual(back(world).payloads(), ['b'])
    },
    { mqtt: { queueStoreQos0: false } },
  )

  worldTest('forgets messages that expire in it, and tells the time that is left', (world) => {
    away(world)
    const publisher = world.connect()
    for (const seconds of [5, 20, 100]) {
      const properties = { messageExpiryIntervalSeconds: seconds }
      publisher.publish('t', `${seconds}`, { qos: 1, properties })
    }
    publisher.publish('t', 'never', { qos: 1 })
    world.pass(6_000)
    world.crash()
    world.pass(1_000)
    const got = back(world).messages()
    assert.deepEqual(
      got.map(({ payload, properties }) => [payload, properties.messageExpiryIntervalSeconds]),
      [
        ['20', 13],
        ['100', 93],
        ['never', undefined],
      ],
    )
    assert.equal(world.metric(Metric.DELIVERY_DROPPED_EXPIRED), 1)
    assert.equal(world.disk.size('queue'), 0)
  })

  worldTest(
    'may have an expiry for all messages',
    (world) => {
      away(world)
      const publisher = world.connect()
      publisher.publish('t', 'a', { qos: 1 })
      const properties = { messageExpiryIntervalSeconds: 1_000 }
      publisher.publish('t', 'b', { qos: 1, properties })
      world.pass(9_000)
      publisher.publish('t', 'c', { qos: 1 })
      world.pass(2_000)
      const [message, ...more] = back(world).messages()
      assert.deepEqual(more, [])
      assert.deepEqual(
        [message?.payload, message?.properties.messageExpiryIntervalSeconds],
        ['c', 8],
      )
    },
    { mqtt: { messageExpiryMs: 10_000 } },
  )

  worldTest('gives back thousands of messages in order through a small window', (world) => {
    away(world)
    publishAll(world, numbers(3_000))
    const options = kept('keeper', { properties: { receiveMaximum: 7 } })
    const client = world.connect(options)
    assert.deepEqual(client.payloads(), numbers(3_000))
    assert.equal(world.disk.size('queue'), 0)
  })

  worldTest('goes on where a client left off, again and again', (world) => {
    away(world)
    publishAll(world, numbers(1_000), 2)
    const got: string[] = []
    for (let round = 0; got.length < 1_000 && round < 2_000; round++) {
      const shard = round % world.shardCount
      const properties = { receiveMaximum: 40 }
      const client = world.connect(kept('keeper', { autoAck: false, shard, properties }))
      const messages = client.messages()
      for (const { payload, packetId } of messages.slice(0, 25)) {
        got.push(payload)
        client.ack(PacketType.PUBREC, packetId)
        client.ack(PacketType.PUBCOMP, packetId)
      }
      if (round % 5 === 4) world.crash()
      else client.drop()
    }
    assert.deepEqual(got, numbers(1_000))
  })
})

describe('a stored session whose client is away', () => {
  worldTest(
    'has nothing in memory of its queue, however much is dropped',
    (world) => {
      away(world)
      const inMemory = (): number => {
        const sessions = world.shards.map(({ broker }) => broker.core.sessions.get('keeper'))
        const entries = sessions.flatMap((session) => [...(session?.queue.peek(1_000) ?? [])])
        return entries.filter(({ message }) => message !== undefined).length
      }
      for (let round = 0; round < 3; round++) {
        publishAll(world, numbers(400, round * 400))
        assert.equal(inMemory(), 0)
      }
      const dropped: string[] = []
      for (const { broker } of world.shards) {
        broker.core.hooks.deliveryDropped = (_client, { payload }) => {
          dropped.push(payload.toString())
        }
      }
      publishAll(world, numbers(20, 1200))
      assert.deepEqual(dropped, numbers(20, 900), 'who watches is told what was dropped')
      const client = world.connect(kept('keeper', { autoAck: false }))
      client.drop()
      publishAll(world, numbers(10, 1220))
      assert.equal(inMemory(), 0)
      assert.equal(world.metric(Metric.DELIVERY_DROPPED_QUEUE_FULL), 930 - IN_FLIGHT)
      assert.deepEqual(back(world).payloads().slice(IN_FLIGHT), numbers(300, 930))
    },
    { mqtt: { queueMessagesMax: 300, inflightMax: IN_FLIGHT } },
  )

  worldTest('has no message in memory that was in flight', (world) => {
    const client = world.connect(kept('keeper', { autoAck: false }))
    client.subscribe('t', { qos: 2 })
    publishAll(world, [`1 ${LONG}`, '2'], 1)
    publishAll(world, [`3 ${LONG}`, '4'], 2)
    const [, , third] = client.messages()
    client.ack(PacketType.PUBREC, third!.packetId)
    client.drop()
    assert.deepEqual(inFlight(world), [undefined, undefined, undefined, undefined])
    for (let visit = 0; visit < 2; visit++) {
      const again = world.connect(kept('keeper', { autoAck: false }))
      assert.deepEqual(again.payloads(), [`1 ${LONG}`, '2', '4'])
      assert.equal(again.take(PacketType.PUBREL).packetId, third!.packetId)
      again.drop()
      if (visit === 0) world.crash()
    }
    assert.deepEqual(back(world).payloads(), [`1 ${LONG}`, '2', '4'])
    assert.equal(world.disk.size('queue'), 0)
    assert.equal(world.disk.size('bodies'), 0)
  })

  worldTest('has none after a restart because somebody looked at it', (world) => {
    leaveTwoInFlight(world)
    world.crash()
    for (const { operator } of world.shards) {
      const order = { by: 'mqueue_len', isDescending: true } as const
      for (const slice of operator.rankClients({}, order, 10)) assert.equal(slice, undefined)
    }
    assert.deepEqual(inFlight(world), [undefined, undefined])
    assert.deepEqual(back(world).payloads(), ['1', '2'])
  })

  test('has none when the client came back and gave up before it was let in', () => {
    const world = new World({ shards: 2 })
    const { claims } = world.shards[0]!.broker
    const shard = 1 - claims.directoryShard('keeper')
    leaveTwoInFlight(world, shard)
    const first = world.connect(kept('keeper', { shard, autoAck: false }))
    world.holdLink(1 - shard, shard)
    const second = world.dial(kept('keeper', { shard }))
    second.tryConnect()
    world.pass(DEFAULT_SETTINGS.mqtt.idleTimeoutMs + 100)
    assert.deepEqual([first.closed, second.closed], [false, true])
    world.releaseLinks()
    assert.equal(first.closed, true)
    assert.deepEqual(inFlight(world), [undefined, undefined])
    assert.deepEqual(back(world).payloads(), ['1', '2'])
  })
})

/** What the window of the session has in memory, with gaps for what is on disk only. */
function inFlight(world: World): Array<string | undefined> {
  const sessions = world.shards.flatMap(({ broker }) => broker.core.sessions.get('keeper') ?? [])
  return sessions.flatMap(({ inflight }) => {
    return Array.from(inflight.values(), ({ message }) => message?.payload.toString())
  })
}

function leaveTwoInFlight(world: World, shard = 0): void {
  const client = world.connect(kept('keeper', { shard, autoAck: false }))
  client.subscribe('t', { qos: 1 })
  publishAll(world, ['1', '2'])
  client.drop()
}
