import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { Metric } from '#broker/metrics.ts'
import { REMOVE_AFTER_MS } from '#broker/retained/retained-sweep.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

/** Publishes a retained message from a client of any shard, and returns the reason of PUBACK. */
function retain(world: World, topic: string, payload: string, expirySeconds?: number): number {
  const publisher = world.connect()
  const properties =
    expirySeconds === undefined ? {} : { messageExpiryIntervalSeconds: expirySeconds }
  publisher.publish(topic, payload, { retain: true, qos: 1, properties })
  const { reason } = publisher.take(PacketType.PUBACK)
  publisher.drop()
  return reason
}

/** What is retained, as a new subscriber sees it. */
function retained(world: World, filter = '#'): string[] {
  const subscriber = world.connect()
  subscriber.subscribe(filter)
  const got = subscriber.messages().map(({ topic, payload }) => `${topic} ${payload}`)
  subscriber.drop()
  return got.toSorted()
}

describe('retained messages', () => {
  worldTest(
    'are not kept above the number, over all shards; those there may change',
    (world) => {
      const live = world.connect()
      live.subscribe('#')
      for (const topic of ['a', 'b', 'c', 'd']) {
        assert.equal(retain(world, topic, '1'), ReasonCode.SUCCESS)
      }
      assert.deepEqual(retained(world), ['a 1', 'b 1', 'c 1'])
      assert.deepEqual(live.payloads(), ['1', '1', '1', '1'], 'subscribers get all of them')
      retain(world, 'a', '2')
      retain(world, 'b', '')
      retain(world, 'd', '2')
      retain(world, 'e', '2')
      assert.deepEqual(retained(world), ['a 2', 'c 1', 'd 2'])
      assert.equal(world.metric(Metric.RETAINED_REFUSED_COUNT_LIMIT), 2)
      world.crash()
      retain(world, 'f', '3')
      retain(world, 'c', '3')
      assert.deepEqual(retained(world), ['a 2', 'c 3', 'd 2'])
    },
    { retainer: { messagesMax: 3 } },
  )

  worldTest(
    'are not kept with more payload than allowed',
    (world) => {
      retain(world, 't', 'x'.repeat(100))
      retain(world, 't', 'y'.repeat(101))
      assert.deepEqual(retained(world), [`t ${'x'.repeat(100)}`])
      assert.equal(world.metric(Metric.RETAINED_REFUSED_PAYLOAD_TOO_LARGE), 1)
    },
    { retainer: { payloadBytesMax: 100 } },
  )

  worldTest(
    'are not kept above the bytes of all',
    (world) => {
      for (let index = 0; index < 10; index++) retain(world, `t${index}`, 'x'.repeat(200))
      const kept = retained(world).length
      assert.ok(kept >= 3 && kept < 5, `${kept} of 200 bytes and more are in 1000`)
      assert.equal(world.metric(Metric.RETAINED_REFUSED_BYTE_LIMIT), 10 - kept)
      retain(world, 't0', '')
      retain(world, 'new', 'x'.repeat(200))
      assert.equal(retained(world, 'new').length, 1)
    },
    { retainer: { totalBytesMax: 1_000 } },
  )

  worldTest(
    'are not kept at all while that is switched off',
    (world) => {
      const live = world.connect()
      live.subscribe('#')
      retain(world, 't', 'm')
      assert.deepEqual(retained(world), [])
      assert.deepEqual(live.payloads(), ['m'])
    },
    { retainer: { enable: false } },
  )

  worldTest(
    'expire by the configuration, or by what the message says',
    (world) => {
      retain(world, 'default', 'm')
      retain(world, 'short', 'm', 5)
      retain(world, 'long', 'm', 100)
      world.pass(6_000)
      assert.deepEqual(retained(world), ['default m', 'long m'])
      world.pass(5_000)
      world.crash()
      assert.deepEqual(retained(world), ['long m'])
      const subscriber = world.connect()
      subscriber.subscribe('#')
      const { properties } = subscriber.take(PacketType.PUBLISH)
      assert.equal(properties.messageExpiryIntervalSeconds, 89)
    },
    { retainer: { messageExpiryMs: 10_000 } },
  )

  worldTest(
    'that have expired are swept away',
    (world) => {
      for (let index = 0; index < 50; index++) retain(world, `t/${index}`, 'm', 5)
      retain(world, 'stays', 'm')
      world.pass(REMOVE_AFTER_MS + 20_000)
      assert.equal(world.disk.size('retained'), 1)
      assert.equal(world.metric(Metric.RETAINED_EXPIRED), 50)
    },
    { retainer: { clearIntervalMs: 1_000 } },
  )

  worldTest('that are cleared are published to those who are there', (world) => {
    const live = world.connect()
    live.subscribe('t')
    retain(world, 't', 'm')
    retain(world, 't', '')
    assert.deepEqual(live.payloads(), ['m', ''])
    assert.deepEqual(retained(world), [])
    assert.equal(world.disk.size('retained'), 0)
  })

  worldTest(
    'that are cleared are not published, if the owner wants it so',
    (world) => {
      const live = world.connect()
      live.subscribe('t')
      retain(world, 't', 'm')
      retain(world, 't', '')
      assert.deepEqual(live.payloads(), ['m'])
      assert.deepEqual(retained(world), [])
    },
    { retainer: { stopPublishClearMessage: true } },
  )

  worldTest('are the last ones, whichever shard took them', (world) => {
    for (let round = 0; round < 20; round++) {
      retain(world, 't', `${round}`)
      assert.deepEqual(retained(world), [`t ${round}`])
    }
  })
})
