import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { kept } from '../support/sessions.ts'
import { worldTest } from '../support/world-test.ts'
import { World } from '../support/world.ts'

const DISCONNECT = Buffer.from('e000', 'hex')
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f']

function owners(world: World): number {
  return world.shards.reduce((sum, { broker }) => sum + broker.claims.directory.size, 0)
}

describe('a client that leaves as soon as it has come', () => {
  worldTest('is forgotten by the directory of client ids', (world) => {
    for (const clientId of NAMES) {
      for (let shard = 0; shard < world.shardCount; shard++) {
        const client = world.dial({ clientId, shard })
        client.sendBytes(Buffer.concat([client.connectBytes(), DISCONNECT]))
        assert.equal(client.take(PacketType.CONNACK).reason, 0)
        assert.equal(client.closed, true)
      }
    }
    assert.equal(owners(world), 0)
  })

  test('leaves no session half moved, whenever it goes and the next one comes', () => {
    for (const clientId of NAMES) {
      for (let rounds = 2; rounds < 12; rounds++) {
        for (let stays = 0; stays < 8; stays++) visitInBetween(clientId, rounds, stays)
      }
    }
  })
})

test('a client that left before its claim was settled does not hide the next one', () => {
  for (const clientId of NAMES) {
    const world = new World({ shards: 2 })
    const [left, next] = [world.dial({ clientId, shard: 0 }), world.dial({ clientId, shard: 0 })]
    const before = world.connect(kept(clientId, { shard: 1 }))
    world.stores[1]!.setAutomatic(false)
    world.together(() => {
      for (const client of [left, next]) client.sendBytes(client.connectBytes())
      for (let round = 0; round < 8; round++) world.round()
      left.drop()
      world.stores[1]!.setAutomatic(true)
    })
    assert.equal(before.closed, true)
    assert.equal(next.take(PacketType.CONNACK).reason, 0)
    assert.equal(owners(world), 1)
    world.connect({ clientId, shard: 1 })
    assert.equal(next.closed, true, 'there is one connection of a client')
  }
})

/** The session is moved to a visitor who does not want it kept; meanwhile a third one claims it. */
function visitInBetween(clientId: string, rounds: number, stays: number): void {
  const world = new World({ shards: 2 })
  const first = world.connect(kept(clientId, { shard: 1 }))
  first.subscribe('t', { qos: 1 })
  first.drop()
  const visitor = world.dial({ clientId, shard: 0, cleanStart: false })
  const third = world.dial(kept(clientId, { shard: 1 }))
  world.together(() => {
    visitor.sendBytes(visitor.connectBytes())
    for (let round = 0; round < rounds; round++) world.round()
    third.sendBytes(third.connectBytes())
    for (let round = 0; round < stays; round++) world.round()
    if (!visitor.closed) visitor.drop()
  })
  assert.equal(third.take(PacketType.CONNACK).reason, 0)
  third.subscribe('t', { qos: 1 })
  const publisher = world.connect({ shard: 0 })
  publisher.publish('t', 'm', { qos: 1 })
  assert.equal(publisher.take(PacketType.PUBACK).reason, 0)
  assert.deepEqual(third.payloads(), ['m'])
  third.disconnect(0, 0)
  publisher.disconnect()
  assert.equal(owners(world), 0)
}
