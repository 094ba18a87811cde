import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { bytesOf } from '../golden/mqtt/golden.ts'
import type { TestClient } from '../support/test-client.ts'
import { World } from '../support/world.ts'

/** QoS 1 to `t`, without properties. */
const SECOND = bytesOf('32 @ s"t" 0007 <> "second"')
const HOUR = { sessionExpiryIntervalSeconds: 3600 }

describe('messages that come to a session while it moves', () => {
  test('are acknowledged and arrive in order at every point of the move', () => {
    for (let rounds = 0; rounds < 14; rounds++) {
      const world = new World({ shards: 3 })
      const mover = { clientId: 'mover', cleanStart: false, properties: HOUR }
      const before = world.connect({ ...mover, shard: 0 })
      before.subscribe('m', { qos: 1 })
      const publishers = [0, 1, 2].map((shard) => world.connect({ shard }))
      const again = world.dial({ ...mover, shard: 1 })
      world.together(() => {
        again.sendBytes(again.connectBytes())
        for (let round = 0; round < 16; round++) {
          const number = round - rounds
          if (number === 0 || number === 1) {
            for (const [index, each] of publishers.entries()) {
              each.publish('m', `${index}:${number}`, { qos: 1 })
            }
          }
          world.round()
        }
      })
      world.settle()
      const late = again.payloads()
      const all = new Set([...before.payloads(), ...late])
      assert.equal(all.size, 6, `after ${rounds} rounds: ${[...all].join(' ')}`)
      for (const index of [0, 1, 2]) {
        const own = late.filter((payload) => payload.startsWith(`${index}:`))
        assert.deepEqual(own, own.toSorted(), `after ${rounds} rounds`)
      }
      for (const each of publishers) {
        assert.equal(each.packets.filter(({ type }) => type === PacketType.PUBACK).length, 2)
      }
    }
  })
})

test('[MQTT-4.6.0-5] what a client publishes on a new connection comes after the rest', () => {
  for (const cleanStart of [false, true]) {
    const world = new World({ shards: 3 })
    const subscriber = world.connect({ shard: 2 })
    subscriber.subscribe('t', { qos: 1 })
    const publisher = { clientId: 'publisher', cleanStart, properties: HOUR }
    const before = world.connect({ ...publisher, shard: 0 })
    world.holdLink(0, 2)
    before.publish('t', 'first', { qos: 1 })
    const again = world.dial({ ...publisher, shard: 1 })
    again.sendBytes(Buffer.concat([again.connectBytes(), SECOND]))
    assert.deepEqual(subscriber.payloads(), [])
    world.releaseLinks()
    assert.deepEqual(subscriber.payloads(), ['first', 'second'])
  }
})

describe('a client that comes and goes in one shard, and then comes by way of another', () => {
  const DISCONNECT = bytesOf('e0 @')
  const FIRST = bytesOf('32 @ s"t" 0007 <> "first"')
  const NAMES = ['a', 'b', 'c', 'd', 'e', 'f']

  /**
   * A world, a subscriber, and the shards of both visits, of which one settles the claims: what
   * goes to the subscriber's shard can be held up.
   */
  function prepare(clientId: string, turn: number): Visits {
    const world = new World({ shards: 3 })
    const home = world.shards[0]!.broker.claims.directoryShard(clientId)
    const from = (home + turn) % 3
    const to = (home + 1 - turn) % 3
    const away = (home + 2) % 3
    const subscriber = world.connect({ shard: away })
    subscriber.subscribe('t', { qos: 1 })
    return { world, subscriber, from, to, away }
  }

  test('[MQTT-4.6.0-5] is heard in its order although it left before it was let in', () => {
    for (const clientId of NAMES) {
      for (const turn of [0, 1]) {
        const { world, subscriber, from, to, away } = prepare(clientId, turn)
        world.holdLink(from, away)
        const visit = world.dial({ clientId, shard: from })
        visit.sendBytes(Buffer.concat([visit.connectBytes(), FIRST, DISCONNECT]))
        const again = world.dial({ clientId, shard: to })
        again.sendBytes(Buffer.concat([again.connectBytes(), SECOND]))
        world.releaseLinks()
        assert.deepEqual(subscriber.payloads(), ['first', 'second'], clientId)
      }
    }
  })

  test('[MQTT-4.6.0-5] is heard in its order although it had been here shortly before', () => {
    for (const clientId of NAMES) {
      for (let rounds = 0; rounds < 12; rounds++) {
        const { world, subscriber, from, to, away } = prepare(clientId, rounds % 2)
        const first = world.connect({ clientId, shard: from })
        const second = world.dial({ clientId, shard: from })
        const again = world.dial({ clientId, shard: to })
        world.together(() => {
          first.disconnect()
          second.sendBytes(second.connectBytes())
          for (let round = 0; round < rounds / 2; round++) world.round()
          world.holdLink(from, away)
          second.sendBytes(Buffer.concat([FIRST, DISCONNECT]))
        })
        again.sendBytes(Buffer.concat([again.connectBytes(), SECOND]))
        world.releaseLinks()
        assert.deepEqual(subscriber.payloads(), ['first', 'second'], `${clientId} ${rounds}`)
      }
    }
  })
})

interface Visits {
  readonly world: World
  readonly subscriber: TestClient
  readonly from: number
  readonly to: number
  readonly away: number
}
