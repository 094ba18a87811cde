import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { expectDisconnected } from '../../support/expect.ts'
import { kept, kept311 } from '../../support/sessions.ts'
import type { ConnectOptions, TestClient } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'
import { World } from '../../support/world.ts'

/** Rounds after which a take-over between three shards is certainly over. */
const ROUNDS_MAX = 14

/** Every pair of different shards, and one shard with itself. */
const WAYS = [
  [0, 0],
  [0, 1],
  [1, 2],
  [2, 0],
] as const

function numbers(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `${from + index}`)
}

/** Takes everything and acknowledges it, round after round. */
function drain(client: TestClient): string[] {
  const got: string[] = []
  for (;;) {
    const packets = client.packets.splice(0)
    if (packets.length === 0) return got
    for (const { type, packetId, qos, payload } of packets) {
      if (type === PacketType.PUBREL) client.ack(PacketType.PUBCOMP, packetId)
      if (type !== PacketType.PUBLISH) continue
      got.push(payload)
      if (qos > 0) client.ack(qos === 1 ? PacketType.PUBACK : PacketType.PUBREC, packetId)
    }
  }
}

describe('taking over a session', () => {
  for (const make of [kept, kept311]) {
    worldTest(`brings along its subscriptions and options (${make.name})`, (world) => {
      const first = world.connect(make('client', { shard: 0 }))
      first.subscribe('a/+', { qos: 1 })
      first.subscribe('$share/g/s', { qos: 2 })
      for (let shard = world.shardCount - 1; shard >= 0; shard--) {
        const client = world.dial(make('client', { shard }))
        assert.equal(client.connect().sessionPresent, true)
        const publisher = world.connect()
        publisher.publish('a/x', 'a', { qos: 2 })
        publisher.publish('s', 's', { qos: 2 })
        const got = client.messages().map(({ payload, qos }) => `${payload} ${qos}`)
        assert.deepEqual(got.toSorted(), ['a 1', 's 2'])
      }
    })
  }

  worldTest('tells the old connection, and only that', (world) => {
    for (const clean of [false, true]) {
      for (let shard = 0; shard < world.shardCount; shard++) {
        const first = world.connect(kept('client', { shard: 0 }))
        const second = world.dial({ ...kept('client', { shard }), cleanStart: clean })
        assert.equal(second.connect().sessionPresent, !clean)
        expectDisconnected(first, ReasonCode.SESSION_TAKEN_OVER)
        assert.deepEqual(
          second.packets.map(({ type }) => type),
          [PacketType.CONNACK],
        )
        second.disconnect(0, 0)
      }
    }
  })

  worldTest('with a clean start leaves nothing of it', (world) => {
    for (let shard = 0; shard < world.shardCount; shard++) {
      const first = world.connect(kept('client', { shard: 0, autoAck: false }))
      first.subscribe('t', { qos: 2 })
      const publisher = world.connect()
      publisher.publish('t', 'in flight', { qos: 2 })
      first.publish('x', 'm', { qos: 2, packetId: 5 })
      const second = world.connect({ ...kept('client', { shard }), cleanStart: true })
      publisher.publish('t', 'after', { qos: 1 })
      assert.equal(publisher.packets.at(-1)?.reason, ReasonCode.NO_MATCHING_SUBSCRIBERS)
      second.ack(PacketType.PUBREL, 5)
      assert.equal(second.take(PacketType.PUBCOMP).reason, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND)
      assert.deepEqual(second.payloads(), [])
      second.disconnect(0, 0)
      for (const table of ['sessions', 'subscriptions', 'queue', 'incoming', 'bodies'] as const) {
        assert.equal(world.disk.size(table), 0, table)
      }
    }
  })

  worldTest('of a session without expiry ends it, also without a clean start', (world) => {
    for (let shard = 0; shard < world.shardCount; shard++) {
      const first = world.connect({ clientId: 'client', shard: 0 })
      first.subscribe('t')
      const second = world.dial({ clientId: 'client', shard, cleanStart: false })
      assert.equal(second.connect().sessionPresent, false)
      expectDisconnected(first, ReasonCode.SESSION_TAKEN_OVER)
      world.connect().publish('t', 'm')
      assert.deepEqual(second.payloads(), [])
      second.drop()
    }
  })

  worldTest('may give the session another expiry', (world) => {
    for (let shard = 0; shard < world.shardCount; shard++) {
      const transient = world.connect({ clientId: 'client', shard: 0 })
      transient.subscribe('t')
      const lasting = world.connect(kept('client', { shard }))
      lasting.subscribe('t', { qos: 1 })
      world.connect({ clientId: 'client', cleanStart: false, shard }).subscribe('u')
      world.connect({ clientId: 'other' })
      const last = world.dial(kept('client', { shard: 0 }))
      assert.equal(last.connect().sessionPresent, false, 'expiry 0 ended it with the connection')
      last.disconnect(0, 0)
      assert.equal(world.disk.size('sessions'), 0)
    }
  })

  worldTest('with expiry 0 resumes a session, which then ends with the connection', (world) => {
    const first = world.connect(kept('client', { shard: 0 }))
    first.subscribe('t', { qos: 1 })
    first.drop()
    world.connect().publish('t', 'm', { qos: 1 })
    const shard = world.shardCount - 1
    const second = world.dial({ clientId: 'client', cleanStart: false, shard })
    assert.equal(second.connect().sessionPresent, true)
    assert.deepEqual(second.payloads(), ['m'])
    second.drop()
    for (const table of ['sessions', 'subscriptions', 'queue'] as const) {
      assert.equal(world.disk.size(table), 0, table)
    }
    assert.equal(world.dial(kept('client')).connect().sessionPresent, false)
  })

  worldTest('in the middle of QoS 2 in both directions goes on where it was', (world) => {
    for (let shard = 0; shard < world.shardCount; shard++) {
      const name = `name-${shard}`
      const first = world.connect(kept(name, { shard: 0, autoAck: false }))
      first.subscribe(name, { qos: 2 })
      const publisher = world.connect()
      for (const payload of ['sent', 'released']) publisher.publish(name, payload, { qos: 2 })
      const [sent, released] = first.messages()
      first.ack(PacketType.PUBREC, released!.packetId)
      first.publish('in', 'm', { qos: 2, packetId: 77 })
      const second = world.connect(kept(name, { shard, autoAck: false }))
      const [again, ...more] = second.messages()
      assert.deepEqual(more, [])
      assert.deepEqual(
        [again?.payload, again?.packetId, again?.dup],
        ['sent', sent!.packetId, true],
      )
      assert.equal(second.take(PacketType.PUBREL).packetId, released!.packetId)
      second.publish('in', 'm', { qos: 2, packetId: 77, dup: true })
      assert.equal(second.take(PacketType.PUBREC).reason, ReasonCode.SUCCESS)
      second.ack(PacketType.PUBREL, 77)
      assert.equal(second.take(PacketType.PUBCOMP).reason, ReasonCode.SUCCESS)
      second.ack(PacketType.PUBCOMP, released!.packetId)
      second.ack(PacketType.PUBREC, sent!.packetId)
      assert.equal(second.take(PacketType.PUBREL).packetId, sent!.packetId)
      second.ack(PacketType.PUBCOMP, sent!.packetId)
      world.crash()
      assert.deepEqual(world.connect(kept(name)).payloads(), [])
    }
  })

  worldTest('by many at the same time leaves one', (world) => {
    const clients = Array.from({ length: 12 }, (_, index) => {
      return world.dial(kept('client', { shard: index % world.shardCount }))
    })
    world.together(() => {
      for (const client of clients) client.tryConnect()
    })
    const open = clients.filter(({ closed }) => !closed)
    assert.equal(open.length, 1)
    for (const client of clients) {
      const types = client.packets.map(({ type }) => type)
      const { CONNACK, DISCONNECT } = PacketType
      assert.deepEqual(types, client.closed ? [CONNACK, DISCONNECT] : [CONNACK])
    }
    const [winner] = open
    assert.deepEqual(winner!.subscribe('t', { qos: 1 }), [1])
    world.connect().publish('t', 'm', { qos: 1 })
    assert.deepEqual(winner!.payloads(), ['m'])
  })

  worldTest('by many of which some leave at once leaves a session that works', (world) => {
    for (let seed = 0; seed < 20; seed++) {
      const clients = Array.from({ length: 8 }, (_, index) => {
        const shard = (index * 7 + seed) % world.shardCount
        return world.dial(kept(`name-${seed}`, { shard, autoAck: false }))
      })
      world.together(() => {
        for (const [index, client] of clients.entries()) {
          client.tryConnect()
          for (let round = 0; round < (seed + index) % 4; round++) world.round()
          if ((index + seed) % 3 === 0) client.drop()
        }
      })
      const last = world.connect(kept(`name-${seed}`))
      last.subscribe('t', { qos: 1 })
      world.connect().publish('t', `${seed}`, { qos: 1 })
      assert.deepEqual(last.payloads(), [`${seed}`])
      last.disconnect(0, 0)
    }
    assert.equal(world.disk.size('sessions'), 0)
  })
})

/**
 * A session that moves while messages come from all shards, at one point of it.
 * @param crowded other clients of every shard want the same messages
 */
function moveInTheMiddle(
  options: ConnectOptions,
  rounds: number,
  from: number,
  to: number,
  crowded: boolean,
): void {
  const where = `${rounds} rounds, shard ${from} to ${to}`
  const world = new World({ shards: 3 })
  for (let shard = 0; crowded && shard < 3; shard++) {
    world.connect({ clientId: `other-${shard}`, shard }).subscribe('t')
  }
  const publishers = [0, 1, 2].map((shard) => world.connect({ clientId: `p${shard}`, shard }))
  const first = world.connect({ ...options, shard: from, autoAck: false })
  first.subscribe('t', { qos: 2 })
  const acknowledged: string[] = []
  const publish = (text: string): void => {
    for (const publisher of publishers)
      publisher.publish('t', `${text} ${publisher.clientId}`, { qos: 2 })
  }
  publish('1')
  acknowledged.push(...drain(first))
  const second = world.dial({ ...options, shard: to, autoAck: false })
  world.together(() => {
    publish('2')
    second.tryConnect()
    for (let round = 0; round < rounds; round++) world.round()
    publish('3')
    world.round()
    publish('4')
  })
  publish('5')
  const got = [...acknowledged, ...drain(second)]
  for (const { clientId } of publishers) {
    const own = got.filter((payload) => payload.endsWith(clientId))
    assert.deepEqual(
      own,
      ['1', '2', '3', '4', '5'].map((text) => `${text} ${clientId}`),
      where,
    )
  }
  assert.equal(got.length, 15, where)
  second.drop()
  world.crash()
  assert.deepEqual(world.connect(options).payloads(), [], `${where}, and a crash`)
}

describe('a session that moves between shards while messages arrive', () => {
  for (const make of [kept, kept311]) {
    test(`gets each once and in order, at every point of the move (${make.name})`, () => {
      for (let rounds = 0; rounds <= ROUNDS_MAX; rounds++) {
        for (const [from, to] of WAYS) {
          for (const crowded of [false, true]) {
            moveInTheMiddle(make('client'), rounds, from, to, crowded)
          }
        }
      }
    })
  }

  test('gets each once and in order when it moves on before it has arrived', () => {
    for (let rounds = 0; rounds <= ROUNDS_MAX; rounds++) {
      const world = new World({ shards: 3 })
      const publisher = world.connect({ shard: 2 })
      const options = kept('client', { autoAck: false })
      const first = world.connect({ ...options, shard: 0 })
      first.subscribe('t', { qos: 2 })
      const got: string[] = []
      const clients = [1, 2, 0, 1].map((shard) => world.dial({ ...options, shard }))
      world.together(() => {
        let next = 0
        for (const client of clients) {
          client.tryConnect()
          for (let round = 0; round < rounds; round++) {
            publisher.publish('t', `${next++}`, { qos: 1 })
            world.round()
          }
        }
        publisher.publish('t', `${next++}`, { qos: 1 })
      })
      const last = clients.find(({ closed }) => !closed)
      assert.ok(last !== undefined, `${rounds} rounds: one is connected`)
      got.push(...drain(last))
      assert.deepEqual(got, numbers(rounds * 4 + 1), `${rounds} rounds`)
    }
  })

  test('is let in when the session is on disk, and what is in its queue', () => {
    const world = new World({ shards: 3 })
    const options = kept('client', { autoAck: false })
    const first = world.connect({ ...options, shard: 0 })
    first.subscribe('t', { qos: 1 })
    const second = world.dial({ ...options, shard: 1 })
    world.stores[0]!.setAutomatic(false)
    const publisher = world.connect({ shard: 0 })
    publisher.publish('t', 'm', { qos: 1 })
    second.tryConnect()
    assert.deepEqual(second.packets, [])
    world.stores[0]!.setAutomatic(true)
    world.settle()
    assert.equal(second.take(PacketType.CONNACK).sessionPresent, true)
    assert.deepEqual(drain(second), ['m'])
    assert.deepEqual(drain(world.connect({ ...options, shard: 2 })), [])
  })

  test('loses nothing when the broker dies at any point of the move', () => {
    for (let rounds = 0; rounds <= ROUNDS_MAX; rounds++) {
      for (const [from, to] of WAYS) {
        const world = new World({ shards: 3 })
        const publisher = world.connect({ shard: 1 })
        const first = world.connect(kept('client', { shard: from, autoAck: false }))
        first.subscribe('t', { qos: 1 })
        for (const payload of numbers(3)) publisher.publish('t', payload, { qos: 1 })
        const second = world.dial(kept('client', { shard: to, autoAck: false }))
        world.together(() => {
          second.tryConnect()
          for (let round = 0; round < rounds; round++) world.round()
          publisher.publish('t', '3', { qos: 1 })
          for (let round = 0; round < rounds % 5; round++) world.round()
        })
        const confirmed = publisher.packets.filter(({ type }) => type === PacketType.PUBACK).length
        world.crash()
        const got = drain(world.connect(kept('client', { autoAck: false })))
        assert.deepEqual(got.slice(0, confirmed), numbers(confirmed), `${rounds}, ${from} to ${to}`)
        assert.equal(world.disk.size('sessions'), 1)
      }
    }
  })
})
