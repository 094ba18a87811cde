import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import type { World } from '../support/world.ts'
import { World as BrokerWorld } from '../support/world.ts'
import type { TestClient } from '../support/test-client.ts'

const FOREVER = { sessionExpiryIntervalSeconds: 0xffffffff }

/** Two members of one group in shards 1 and 2, and six messages that only the first one has. */
function withUnacknowledged(): { world: World; first: TestClient } {
  const world = new BrokerWorld({ shards: 3 })
  const member = { cleanStart: false, properties: FOREVER, autoAck: false }
  const first = world.connect({ ...member, clientId: 'first', shard: 1 })
  first.subscribe('$share/g/s/#', { qos: 1 })
  const publisher = world.connect({ shard: 0 })
  for (let index = 0; index < 6; index++) publisher.publish('s/x', `${index}`, { qos: 1 })
  assert.equal(first.payloads().length, 6)
  world.connect({ ...member, clientId: 'second', shard: 2 }).subscribe('$share/g/s/#', { qos: 1 })
  return { world, first }
}

describe('messages given to a member in another shard', () => {
  test('survive a crash before that shard has stored them', () => {
    const { world, first } = withUnacknowledged()
    world.stores[2]!.setAutomatic(false)
    first.drop()
    world.crash()
    const got = new Set<string>()
    for (const clientId of ['first', 'second']) {
      const client = world.connect({
        clientId,
        version: ProtocolVersion.V5,
        cleanStart: false,
        properties: FOREVER,
      })
      for (const payload of client.payloads()) got.add(payload)
    }
    assert.deepEqual([...got].toSorted(), ['0', '1', '2', '3', '4', '5'])
  })

  test('leave the first member once they are stored', () => {
    const { world, first } = withUnacknowledged()
    first.drop()
    world.crash()
    const second = world.connect({ clientId: 'second', cleanStart: false, properties: FOREVER })
    assert.deepEqual(second.payloads(), ['0', '1', '2', '3', '4', '5'])
    const again = world.connect({ clientId: 'first', cleanStart: false, properties: FOREVER })
    assert.deepEqual(again.payloads(), [])
  })

  test('survive the end of the first session and a crash before they are stored', () => {
    const { world, first } = withUnacknowledged()
    world.stores[2]!.setAutomatic(false)
    first.drop()
    world.connect({ clientId: 'first', shard: 1 }).disconnect()
    world.crash()
    const second = world.connect({ clientId: 'second', cleanStart: false, properties: FOREVER })
    assert.deepEqual(second.payloads(), ['0', '1', '2', '3', '4', '5'])
  })

  test('leave the body to another queue when the first session has ended meanwhile', () => {
    const world = new BrokerWorld({ shards: 2 })
    const stored = { cleanStart: false, properties: FOREVER, autoAck: false }
    const first = world.connect({ ...stored, clientId: 'first', shard: 0 })
    first.subscribe('$share/g/t', { qos: 1 })
    const other = world.connect({ ...stored, clientId: 'other', shard: 0 })
    other.subscribe('t', { qos: 1 })
    other.drop()
    const payload = 'long enough to be stored once for both queues'
    world.connect({ shard: 0 }).publish('t', payload, { qos: 1 })
    const second = world.connect({ ...stored, clientId: 'second', shard: 1 })
    second.subscribe('$share/g/t', { qos: 1 })
    world.stores[1]!.setAutomatic(false)
    first.drop()
    world.connect({ clientId: 'first', shard: 0 })
    world.finishCommits()
    const again = world.connect({ ...stored, clientId: 'other', shard: 0 })
    assert.deepEqual(again.payloads(), [payload])
    assert.deepEqual(second.payloads(), [payload])
  })
})
