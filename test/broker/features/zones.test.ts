/** Settings of the clients of some listeners: `zones`. */
import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { DEFAULT_SETTINGS, type MqttSettings, type ZoneSettings } from '#broker/limits.ts'
import { Metric } from '#broker/metrics.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { expectDisconnected, expectRefused } from '../../support/expect.ts'
import { kept } from '../../support/sessions.ts'
import type { ConnectOptions, TestClient } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'
import type { SettingsPatch, World } from '../../support/world.ts'

const { mqtt } = DEFAULT_SETTINGS

function zone(own: Partial<MqttSettings>, more: Partial<ZoneSettings> = {}): ZoneSettings {
  return { mqtt: { ...mqtt, ...own }, clientAttributes: [], clientBytesMax: Infinity, ...more }
}

function withZone(own: Partial<MqttSettings>, more: Partial<ZoneSettings> = {}): SettingsPatch {
  return { zones: new Map([['plant', zone(own, more)]]) }
}

const PLANT: ConnectOptions = { info: { zone: 'plant' } }

/** Messages that wait for a session, whatever shard has it. */
function queuedFor(world: World, clientId: string): number {
  const sessions = world.shards.flatMap(({ broker }) => broker.core.sessions.get(clientId) ?? [])
  return sessions.reduce((sum, { queue }) => sum + queue.count, 0)
}

describe('a zone', () => {
  worldTest(
    'has limits of its own, of which its clients are told',
    (world) => {
      const inside = world.dial(PLANT).connect().properties
      const outside = world.dial().connect().properties
      assert.equal(inside?.maximumQos, 1)
      assert.equal(outside?.maximumQos, undefined)
      assert.equal(inside?.maximumPacketSizeBytes, 100)
      assert.equal(outside?.maximumPacketSizeBytes, mqtt.packetBytesMax)
      assert.equal(inside?.receiveMaximum, 5)
      assert.equal(inside?.retainAvailable, false)
      assert.equal(inside?.serverKeepAliveSeconds, 60)
    },
    withZone({
      qosMax: 1,
      packetBytesMax: 100,
      awaitingRelMax: 5,
      retainAvailable: false,
      serverKeepAliveSeconds: 60,
    }),
  )

  worldTest(
    'holds its clients to them, and nobody else',
    (world) => {
      const outside = world.connect()
      const large = 'x'.repeat(200)
      assert.equal(reasonFor(outside, 't', large), ReasonCode.NO_MATCHING_SUBSCRIBERS)
      const tooLarge = world.connect(PLANT)
      tooLarge.publish('t', large)
      expectDisconnected(tooLarge, ReasonCode.PACKET_TOO_LARGE)
      const longName = 'n'.repeat(31)
      expectRefused(dialled(world, longName), ReasonCode.CLIENT_IDENTIFIER_NOT_VALID)
      assert.deepEqual(world.connect(PLANT).subscribe(['a', 'b', 'c']), [
        0,
        0,
        ReasonCode.QUOTA_EXCEEDED,
      ])
      assert.deepEqual(outside.subscribe(['a', 'b', 'c']), [0, 0, 0])
    },
    withZone({ packetBytesMax: 100, clientIdBytesMax: 30, subscriptionsMax: 2 }),
  )

  worldTest(
    'may have shallower or deeper topics, also such as others have used before',
    (world) => {
      const deep = 'a/b/c'
      const outside = world.connect()
      assert.equal(reasonFor(outside, deep), ReasonCode.NO_MATCHING_SUBSCRIBERS)
      for (const topic of [deep, `$delayed/5/${deep}`]) {
        const inside = world.connect(PLANT)
        inside.publish('a/b', '', { qos: 1 })
        inside.publish('$delayed/5/a/b', '', { qos: 1 })
        inside.publish(topic, '', { qos: 1 })
        expectDisconnected(inside, ReasonCode.TOPIC_NAME_INVALID)
      }
      outside.publish('a/b/c/d', '', { qos: 1 })
      expectDisconnected(outside, ReasonCode.TOPIC_NAME_INVALID)
      const abyss = world.connect({ info: { zone: 'abyss' } })
      assert.equal(reasonFor(abyss, 'a/b/c/d'), ReasonCode.NO_MATCHING_SUBSCRIBERS)
    },
    {
      mqtt: { topicLevelsMax: 3 },
      zones: new Map([
        ['plant', zone({ topicLevelsMax: 2 })],
        ['abyss', zone({ topicLevelsMax: 4 })],
      ]),
    },
  )

  worldTest(
    'stays that of a session whose client is away, and after a crash',
    (world) => {
      const publisher = world.connect()
      for (const clientId of ['inside', 'outside']) {
        const client = world.connect(kept(clientId, clientId === 'inside' ? PLANT : {}))
        client.subscribe('t', { qos: 1 })
        client.drop()
      }
      for (let n = 0; n < 3; n++) publisher.publish('t', String(n), { qos: 1 })
      assert.equal(queuedFor(world, 'inside'), 2)
      world.crash()
      const again = world.connect()
      for (let n = 3; n < 6; n++) again.publish('t', String(n), { qos: 1 })
      assert.deepEqual(world.connect(kept('inside', PLANT)).payloads(), ['4', '5'])
      assert.deepEqual(world.connect(kept('outside')).payloads(), ['0', '1', '2', '3', '4', '5'])
    },
    withZone({ queueMessagesMax: 2 }),
  )

  worldTest(
    'goes along with a session that moves, whose messages are not held to other limits',
    (world) => {
      const { shardCount } = world
      const mover = { ...kept('mover', PLANT), shard: 0 }
      const client = world.connect({ ...mover, properties: { ...mover.properties } })
      client.subscribe('t', { qos: 1 })
      client.drop()
      const publisher = world.connect({ shard: 0 })
      for (let n = 0; n < 9; n++) publisher.publish('t', String(n), { qos: 1 })
      const there = world.dial({ ...mover, shard: shardCount - 1 })
      // While nothing can be committed the session is on its way, and messages are forwarded.
      world.holdCommits()
      publisher.publish('t', '9', { qos: 1 })
      there.tryConnect()
      for (let n = 10; n < 18; n++) publisher.publish('t', String(n), { qos: 1 })
      world.finishCommits()
      assert.equal(there.payloads().length, 18)
    },
    { mqtt: { queueMessagesMax: 3 }, ...withZone({ queueMessagesMax: 100 }) },
  )

  worldTest(
    'is that of the listener by which the client came last',
    (world) => {
      const first = world.connect(kept('traveller', PLANT))
      first.subscribe('t', { qos: 1 })
      first.drop()
      world.connect(kept('traveller')).drop()
      const publisher = world.connect()
      for (let n = 0; n < 3; n++) publisher.publish('t', String(n), { qos: 1 })
      assert.equal(queuedFor(world, 'traveller'), 3)
    },
    withZone({ queueMessagesMax: 2 }),
  )

  worldTest(
    'has attributes and a limit of memory of its own',
    (world) => {
      const asked: unknown[] = []
      world.access.authenticate = ({ clientAttributes }, done) => {
        asked.push(clientAttributes)
        done({ allowed: true, isSuperuser: false })
      }
      const [inside, outside] = [PLANT, {}].map((options) => world.connect(options))
      assert.deepEqual(asked, [{ where: 'plant' }, {}])
      const publisher = world.connect()
      for (const client of [inside, outside]) {
        client?.subscribe('t')
        if (client !== undefined) client.wire.stalled = true
      }
      for (let n = 0; n < 5; n++) publisher.publish('t', 'x'.repeat(1_000))
      world.pass(1_000)
      assert.deepEqual([inside?.closed, outside?.closed], [true, false])
      assert.equal(world.metric(Metric.FORCE_SHUTDOWN_CLOSED), 1)
    },
    withZone(
      {},
      { clientBytesMax: 2_000, clientAttributes: [{ name: 'where', expression: 'zone' }] },
    ),
  )

  worldTest(
    'can be changed, made and taken away while its clients are connected',
    (world) => {
      const inside = world.connect(PLANT)
      const configure = (zones: [string, ZoneSettings][]): void => {
        const settings = { ...world.settings, zones: new Map(zones) }
        for (const shard of world.shards) shard.configure(settings)
      }
      assert.equal(reasonFor(inside, 't'), ReasonCode.NO_MATCHING_SUBSCRIBERS)
      configure([['plant', zone({ subscriptionsMax: 1 })]])
      assert.deepEqual(inside.subscribe(['a', 'b']), [0, ReasonCode.QUOTA_EXCEEDED])
      configure([])
      assert.deepEqual(inside.subscribe('b'), [0])
      configure([['plant', zone({ retainAvailable: false })]])
      inside.publish('t', '', { qos: 1, retain: true })
      expectDisconnected(inside, ReasonCode.RETAIN_NOT_SUPPORTED)
    },
    {},
  )

  worldTest(
    'has time limits of its own for exchanges that are open',
    (world) => {
      const clients = [PLANT, {}].map((options) => {
        const client = world.connect({ ...options, version: 4, autoAck: false })
        client.subscribe('t', { qos: 1 })
        return client
      })
      world.connect().publish('t', 'm', { qos: 1 })
      world.pass(3_000)
      const sent = clients.map((client) => {
        return client.packets.filter(({ type }) => type === PacketType.PUBLISH).length
      })
      assert.deepEqual(sent, [2, 1])
    },
    withZone({ retryIntervalMs: 2_000 }),
  )
})

/** What PUBACK says. */
function reasonFor(client: TestClient, topic: string, payload = ''): number {
  client.publish(topic, payload, { qos: 1 })
  return client.take(PacketType.PUBACK).reason
}

function dialled(world: World, clientId: string) {
  const client = world.dial({ ...PLANT, clientId })
  client.tryConnect()
  return client
}
