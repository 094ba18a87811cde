import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { Access } from '#broker/ports.ts'
import { kept } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'
import { World } from '../../support/world.ts'

const SWITCHED_OFF = { mqtt: { exclusiveSubscription: false } }
const TAKEN = ReasonCode.QUOTA_EXCEEDED
const FILTER = '$exclusive/t'

describe('exclusive subscriptions', () => {
  worldTest('let one client of all shards have a topic', (world) => {
    const holder = world.connect()
    assert.deepEqual(holder.subscribe(FILTER, { qos: 1 }), [1])
    for (let shard = 0; shard < world.shardCount; shard++) {
      const other = world.connect({ shard })
      assert.deepEqual(other.subscribe([FILTER, '$exclusive/u', 't']), [TAKEN, 0, 0])
      other.drop()
    }
    assert.deepEqual(holder.subscribe(FILTER, { qos: 2 }), [2], 'its holder may ask again')
    world.connect().publish('t', 'm', { qos: 2 })
    const [message, ...more] = holder.messages()
    assert.deepEqual([message?.topic, message?.payload, message?.qos], ['t', 'm', 2])
    assert.deepEqual(more, [])
  })

  worldTest('are 0x80 in 3.1.1 when the topic is taken', (world) => {
    world.connect().subscribe(FILTER)
    const old = world.connect({ version: ProtocolVersion.V311 })
    assert.deepEqual(old.subscribe(FILTER), [0x80])
  })

  worldTest(
    'are refused while they are switched off',
    (world) => {
      assert.deepEqual(world.connect().subscribe(FILTER), [ReasonCode.TOPIC_FILTER_INVALID])
    },
    SWITCHED_OFF,
  )

  worldTest('are free again after UNSUBSCRIBE', (world) => {
    const first = world.connect()
    const second = world.connect()
    for (let round = 0; round < 3; round++) {
      assert.deepEqual(first.subscribe(FILTER), [0])
      assert.deepEqual(second.subscribe(FILTER), [TAKEN])
      assert.deepEqual(first.unsubscribe(FILTER), [0])
      assert.deepEqual(second.subscribe(FILTER), [0])
      assert.deepEqual(second.unsubscribe(FILTER), [0])
    }
    assert.deepEqual(second.unsubscribe(FILTER), [ReasonCode.NO_SUBSCRIPTION_EXISTED])
  })

  worldTest('stand beside an ordinary one for the topic, and neither ends the other', (world) => {
    const publisher = world.connect()
    for (const gone of [FILTER, 't']) {
      for (const options of [{}, kept(`both, ${gone} goes`)]) {
        const client = world.connect(options)
        assert.deepEqual(client.subscribe([FILTER, 't'], { qos: 1 }), [1, 1])
        assert.deepEqual(client.unsubscribe(gone), [0])
        publisher.publish('t', gone, { qos: 1 })
        assert.deepEqual(client.payloads(), [gone])
        assert.deepEqual(client.subscribe(gone, { qos: 1 }), [1])
        client.disconnect(0, 'clientId' in options ? 0 : undefined)
        const next = world.connect()
        assert.deepEqual(next.subscribe(FILTER), [0], 'free when the session has ended')
        next.drop()
      }
    }
  })

  worldTest('are free again when the session ends', (world) => {
    const other = world.connect()
    const transient = world.connect()
    transient.subscribe(FILTER)
    transient.drop()
    assert.deepEqual(other.subscribe(FILTER), [0])
    other.unsubscribe(FILTER)

    const discarded = world.connect(kept('discarded'))
    discarded.subscribe(FILTER)
    discarded.drop()
    assert.deepEqual(other.subscribe(FILTER), [TAKEN], 'a session that is away holds it')
    world.connect({ clientId: 'discarded', cleanStart: true })
    assert.deepEqual(other.subscribe(FILTER), [0])
    other.unsubscribe(FILTER)

    const expiring = world.connect(kept('expiring'))
    expiring.subscribe(FILTER)
    expiring.drop()
    world.pass(3_500_000)
    assert.deepEqual(other.subscribe(FILTER), [TAKEN])
    world.pass(200_000)
    assert.deepEqual(other.subscribe(FILTER), [0])
  })

  worldTest('are still held after a crash and a restart', (world) => {
    const holder = world.connect(kept('holder'))
    holder.subscribe([FILTER, '$exclusive/a', '$exclusive/b'])
    for (const again of [() => world.crash(), () => world.restart()]) {
      again()
      const other = world.connect()
      assert.deepEqual(other.subscribe([FILTER, '$exclusive/a', '$exclusive/b']), [
        TAKEN,
        TAKEN,
        TAKEN,
      ])
    }
    const back = world.connect(kept('holder'))
    assert.deepEqual(back.unsubscribe(FILTER), [0])
    assert.deepEqual(world.connect().subscribe(FILTER), [0])
  })

  worldTest('move with their session from shard to shard', (world) => {
    const other = world.connect()
    for (let round = 0; round < 6; round++) {
      const holder = world.connect(kept('holder', { shard: round % world.shardCount }))
      if (round === 0) holder.subscribe(FILTER, { qos: 1 })
      assert.deepEqual(other.subscribe(FILTER), [TAKEN])
      other.publish('t', `${round}`, { qos: 1 })
      assert.deepEqual(holder.payloads(), [`${round}`])
      if (round % 2 === 0) holder.drop()
    }
    const last = world.connect(kept('holder'))
    last.unsubscribe(FILTER)
    assert.deepEqual(other.subscribe(FILTER), [0])
  })
})

describe('exclusive subscriptions in a race', () => {
  worldTest('are given to one of several who ask at the same time', (world) => {
    const clients = Array.from({ length: 9 }, (_, index) => {
      return world.connect({ shard: index % world.shardCount })
    })
    world.together(() => {
      for (const client of clients) client.send('82 @ 0001 <> s"$exclusive/t" 01')
    })
    const reasons = clients.map((client) => client.take(PacketType.SUBACK).reasons[0])
    assert.equal(reasons.filter((reason) => reason === 1).length, 1)
    assert.equal(reasons.filter((reason) => reason === TAKEN).length, 8)
  })

  worldTest('are not taken by those who may not subscribe', (world) => {
    const asked: string[] = []
    world.access.authorizeSubscribe = (_who, filter) => {
      asked.push(filter)
      return Access.DENY
    }
    const denied = world.connect()
    assert.deepEqual(denied.subscribe(FILTER), [ReasonCode.NOT_AUTHORIZED])
    assert.deepEqual(asked, ['t'])
    world.access.authorizeSubscribe = () => Access.ALLOW
    assert.deepEqual(world.connect().subscribe(FILTER), [0])
  })

  test('are given back when the client leaves while its shard asks', () => {
    for (const topic of ['a', 'b', 'c', 'd']) {
      for (let rounds = 0; rounds < 6; rounds++) {
        const world = new World({ shards: 3 })
        const client = world.connect({ shard: 0 })
        world.together(() => {
          client.send(`82 @ 0001 <> s"$exclusive/${topic}" 00`)
          for (let round = 0; round < rounds; round++) world.round()
          client.drop()
        })
        assert.deepEqual(world.connect().subscribe(`$exclusive/${topic}`), [0], `${rounds} rounds`)
      }
    }
  })

  test('are still held when their holder asks again and leaves meanwhile', () => {
    for (const topic of ['a', 'b', 'c', 'd']) {
      for (let rounds = 0; rounds < 6; rounds++) {
        const world = new World({ shards: 3 })
        const holder = world.connect(kept('holder', { shard: 0 }))
        holder.subscribe(`$exclusive/${topic}`)
        world.together(() => {
          holder.send(`82 @ 0009 <> s"$exclusive/${topic}" 01`)
          for (let round = 0; round < rounds; round++) world.round()
          holder.drop()
        })
        const reasons = world.connect().subscribe(`$exclusive/${topic}`)
        assert.deepEqual(reasons, [TAKEN], `${rounds} rounds`)
      }
    }
  })

  test('are given back by UNSUBSCRIBE at any point of a move', () => {
    for (let rounds = 0; rounds < 12; rounds++) {
      const world = new World({ shards: 3 })
      const options = kept('holder')
      const first = world.connect({ ...options, shard: 0 })
      first.subscribe(FILTER)
      const second = world.dial({ ...options, shard: 1 })
      world.together(() => {
        second.tryConnect()
        for (let round = 0; round < rounds; round++) world.round()
        second.send('A2 @ 0001 <> s"$exclusive/t"')
      })
      assert.deepEqual(second.take(PacketType.UNSUBACK).reasons, [0], `${rounds} rounds`)
      assert.deepEqual(world.connect().subscribe(FILTER), [0], `${rounds} rounds`)
    }
  })
})
