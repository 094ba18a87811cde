/** Large payloads of QoS 0 are sent from where they were read: no copy, and nothing overwritten. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TestClient } from '../support/test-client.ts'
import { World } from '../support/world.ts'

const LARGE = 'large payload '.repeat(2_000)

/** Notes what the broker holds of that which it receives from a client. */
function watchHolds(client: TestClient): { held: number; released: number } {
  const seen = { held: 0, released: 0 }
  const { wire } = client
  const hold = wire.holdReceived.bind(wire)
  wire.holdReceived = () => {
    const bytes = hold()
    if (bytes === undefined) return undefined
    seen.held++
    return {
      release() {
        seen.released++
        bytes.release()
      },
    }
  }
  return seen
}

describe('a large payload of QoS 0', () => {
  test('goes from the read to the write, and the read memory is given back', () => {
    const world = new World()
    const subscribers = [world.connect(), world.connect()]
    for (const subscriber of subscribers) subscriber.subscribe('t')
    const publisher = world.connect()
    const seen = watchHolds(publisher)
    publisher.publish('t', LARGE)
    for (const subscriber of subscribers) assert.deepEqual(subscriber.payloads(), [LARGE])
    assert.deepEqual(seen, { held: 1, released: 1 })
  })

  test('stays where it is while a transport holds it', () => {
    const world = new World()
    const [slow, fast] = [world.connect(), world.connect()]
    slow.subscribe('t')
    fast.subscribe('t')
    slow.wire.stalled = true
    const publisher = world.connect()
    const seen = watchHolds(publisher)
    publisher.publish('t', LARGE)
    assert.deepEqual(fast.payloads(), [LARGE])
    slow.readAgain()
    assert.deepEqual(slow.payloads(), [LARGE])
    assert.deepEqual(seen, { held: 1, released: 0 })
  })

  test('is copied where it is kept longer than the tick', () => {
    const world = new World()
    const away = world.connect({ clientId: 'away', cleanStart: false, version: 4 })
    away.subscribe('t', { qos: 1 })
    away.drop()
    const near = world.connect()
    near.subscribe('t', { qos: 0 })
    const publisher = world.connect()
    const seen = watchHolds(publisher)
    publisher.publish('t', LARGE, { qos: 1 })
    assert.deepEqual(near.payloads(), [LARGE])
    assert.equal(seen.held, seen.released)
    const back = world.connect({ clientId: 'away', cleanStart: false, version: 4 })
    assert.deepEqual(back.payloads(), [LARGE])
  })

  test('is copied where the transport cannot lend it', () => {
    const world = new World()
    const subscriber = world.connect()
    subscriber.subscribe('t')
    const publisher = world.connect()
    publisher.wire.holdReceived = () => undefined
    publisher.publish('t', LARGE)
    assert.deepEqual(subscriber.payloads(), [LARGE])
  })

  test('crosses to another shard whole', () => {
    const world = new World({ shards: 2 })
    const near = world.connect({ shard: 0 })
    const far = world.connect({ shard: 1 })
    near.subscribe('t')
    far.subscribe('t')
    const publisher = world.connect({ shard: 0 })
    publisher.publish('t', LARGE)
    assert.deepEqual(near.payloads(), [LARGE])
    assert.deepEqual(far.payloads(), [LARGE])
  })

  for (const qos of [0, 1] as const) {
    test(`comes in pieces, one after the other, QoS ${qos}`, () => {
      const world = new World()
      const slow = world.connect()
      const fast = world.connect()
      slow.subscribe('t', { qos })
      fast.subscribe('t', { qos })
      slow.wire.stalled = true
      const publisher = world.connect()
      const expected: string[] = []
      for (let count = 0; count < 5; count++) {
        const payload = `${count} ${LARGE}`
        const packet = publisher.publishBytes('t', payload, { qos, packetId: count + 1 })
        for (let at = 0; at < packet.length; at += 10_000) {
          publisher.sendBytes(packet.subarray(at, at + 10_000))
        }
        expected.push(payload)
      }
      assert.deepEqual(fast.payloads(), expected)
      slow.readAgain()
      assert.deepEqual(slow.payloads(), expected)
    })
  }
})
