import assert from 'node:assert/strict'
import { describe } from 'node:test'
import type { StoreFailure } from '#broker/ports.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { expectClosedSilently, expectDisconnected, expectRefused } from '../../support/expect.ts'
import { kept, kept311 } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

const REASONS: ReadonlyArray<readonly [StoreFailure['kind'], number]> = [
  ['full', ReasonCode.QUOTA_EXCEEDED],
  ['io', ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR],
]

/** Nothing can be written any more, or again. */
function setFull(world: World, full: boolean): void {
  for (const store of world.stores) store.setLimitReached(full)
}

/** Lets time pass until everybody can write again. */
function recover(world: World): void {
  world.pass(2_000)
  for (const store of world.stores) assert.equal(store.healthy, true)
}

/** A session that is away and wants `q`, in each shard. */
function keepers(world: World): void {
  for (let shard = 0; shard < world.shardCount; shard++) {
    const keeper = world.connect(kept(`keeper-${shard}`, { shard }))
    keeper.subscribe('q', { qos: 2 })
    keeper.drop()
  }
}

function keptMessages(world: World): string[][] {
  return Array.from({ length: world.shardCount }, (_, shard) => {
    const keeper = world.connect(kept(`keeper-${shard}`))
    const payloads = keeper.payloads()
    keeper.drop()
    return payloads
  })
}

describe('a commit that fails', () => {
  for (const [kind, reason] of REASONS) {
    for (const qos of [1, 2] as const) {
      worldTest(`(${kind}) is told to the publisher of QoS ${qos} (5.0)`, (world) => {
        keepers(world)
        const publisher = world.connect({ autoAck: false })
        world.failNextCommit(kind)
        publisher.publish('q', 'doubtful', { qos, packetId: 1 })
        const type = qos === 1 ? PacketType.PUBACK : PacketType.PUBREC
        assert.equal(publisher.take(type).reason, reason)
        recover(world)
        publisher.publish('q', 'certain', { qos, packetId: 1 })
        assert.equal(publisher.take(type).reason, ReasonCode.SUCCESS)
        world.crash()
        for (const got of keptMessages(world)) assert.equal(got.at(-1), 'certain')
      })

      worldTest(`(${kind}) closes the connection of a QoS ${qos} publisher (3.1.1)`, (world) => {
        keepers(world)
        const options = kept311('old', { autoAck: false })
        const publisher = world.connect(options)
        world.failNextCommit(kind)
        publisher.packets.length = 0
        publisher.publish('q', 'm', { qos, packetId: 1 })
        expectClosedSilently(publisher)
        recover(world)
        const again = world.connect(options)
        again.publish('q', 'm', { qos, packetId: 1, dup: true })
        const type = qos === 1 ? PacketType.PUBACK : PacketType.PUBREC
        assert.equal(again.take(type).packetId, 1)
        world.crash()
        for (const got of keptMessages(world)) {
          const copies = got.filter((payload) => payload === 'm').length
          assert.ok(copies >= 1 && (qos === 1 || copies === 1), `${copies} copies`)
        }
      })
    }
  }

  worldTest('of a single shard is told as well', (world) => {
    for (let failing = 0; failing < world.shardCount; failing++) {
      for (let from = 0; from < world.shardCount; from++) {
        keepers(world)
        const publisher = world.connect({ shard: from })
        world.stores[failing]!.failNext('full')
        publisher.publish('q', 'm', { qos: 1 })
        assert.equal(publisher.take(PacketType.PUBACK).reason, ReasonCode.QUOTA_EXCEEDED)
        recover(world)
        publisher.publish('q', 'm', { qos: 1 })
        assert.equal(publisher.take(PacketType.PUBACK).reason, ReasonCode.SUCCESS)
      }
    }
  })

  worldTest('harms nobody who needs no disk', (world) => {
    const subscriber = world.connect({ version: ProtocolVersion.V311 })
    subscriber.subscribe('t', { qos: 2 })
    const publisher = world.connect({ version: ProtocolVersion.V311 })
    keepers(world)
    world.failNextCommit('full')
    world.connect().publish('q', 'm', { qos: 1 })
    for (const qos of [0, 1, 2] as const) publisher.publish('t', `${qos}`, { qos })
    assert.deepEqual(subscriber.payloads(), ['0', '1', '2'])
    assert.equal(publisher.closed, false)
    const { PUBACK, PUBCOMP } = PacketType
    publisher.take(PUBACK)
    publisher.take(PUBCOMP)
  })

  worldTest('ends a connection whose subscription could not be stored', (world) => {
    const five = world.connect(kept('five', { shard: 0 }))
    world.stores[0]!.failNext('full')
    five.send('82 @ 0001 <> s"t" 01')
    expectDisconnected(five, ReasonCode.QUOTA_EXCEEDED)
    recover(world)
    const old = world.connect(kept311('old', { shard: 0 }))
    old.packets.length = 0
    world.stores[0]!.failNext('full')
    old.send('82 @ 0001 s"t" 01')
    expectClosedSilently(old)
    recover(world)
    const again = world.connect(kept('five'))
    assert.deepEqual(again.subscribe('t', { qos: 1 }), [1])
  })

  worldTest('delays what is sent to a stored session, no longer than it lasts', (world) => {
    const subscriber = world.connect(kept('client'))
    subscriber.subscribe('t', { qos: 2 })
    const publisher = world.connect()
    world.failNextCommit('io')
    publisher.publish('t', 'm', { qos: 2 })
    recover(world)
    publisher.publish('t', 'n', { qos: 2 })
    const got = subscriber.payloads()
    assert.equal(got.at(-1), 'n')
    assert.ok(got.length <= 2)
    assert.equal(world.disk.size('queue'), 0)
  })
})

describe('a full disk', () => {
  worldTest('refuses what must be stored, for as long as it is full', (world) => {
    keepers(world)
    const five = world.connect()
    setFull(world, true)
    for (let round = 0; round < 3; round++) {
      world.pass(1_000)
      for (const [topic, options] of [
        ['q', {}],
        ['r', { retain: true }],
        ['$delayed/5/t', {}],
      ] as const) {
        five.publish(topic, 'm', { qos: 1, ...options })
        assert.equal(five.take(PacketType.PUBACK).reason, ReasonCode.QUOTA_EXCEEDED, topic)
      }
      const lasting = world.dial(kept('lasting'))
      lasting.tryConnect()
      expectRefused(lasting, ReasonCode.QUOTA_EXCEEDED)
      const old = world.dial(kept311('old'))
      old.tryConnect()
      assert.equal(old.closed, true)
      const oldPublisher = world.connect({ version: ProtocolVersion.V311 })
      oldPublisher.packets.length = 0
      oldPublisher.publish('q', 'm', { qos: 1 })
      expectClosedSilently(oldPublisher)
    }
    setFull(world, false)
    five.publish('q', 'at last', { qos: 1 })
    assert.equal(five.take(PacketType.PUBACK).reason, ReasonCode.SUCCESS)
    world.connect(kept('lasting'))
    for (const got of keptMessages(world)) assert.deepEqual(got, ['at last'])
  })

  worldTest('lets everybody else go on', (world) => {
    const subscriber = world.connect({ shard: 0 })
    subscriber.subscribe('t', { qos: 2 })
    const lasting = world.connect(kept('lasting'))
    setFull(world, true)
    const publisher = world.connect({ shard: 0 })
    for (const qos of [0, 1, 2] as const) publisher.publish('t', `${qos}`, { qos })
    assert.deepEqual(subscriber.payloads(), ['0', '1', '2'])
    assert.equal(publisher.take(PacketType.PUBACK).reason, ReasonCode.SUCCESS)
    assert.equal(publisher.take(PacketType.PUBCOMP).reason, ReasonCode.SUCCESS)
    assert.deepEqual(subscriber.subscribe('u'), [0])
    lasting.ping()
    lasting.take(PacketType.PINGRESP)
    assert.deepEqual(lasting.unsubscribe('nothing'), [ReasonCode.NO_SUBSCRIPTION_EXISTED])
    assert.deepEqual(lasting.subscribe('t'), [ReasonCode.QUOTA_EXCEEDED])
    assert.equal(lasting.closed, false)
  })
})
