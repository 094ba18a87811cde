import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { World } from '../support/world.ts'

describe('a broker whose store cannot write', () => {
  const make = (version: ProtocolVersion) => {
    const world = new World()
    const keeper = { clientId: 'keeper', version: ProtocolVersion.V311, cleanStart: false }
    world.connect(keeper).subscribe('q', { qos: 2 })
    const publisher = world.connect({ version, cleanStart: false })
    world.failNextCommit('full')
    world.connect({ version: ProtocolVersion.V311, cleanStart: false })
    assert.equal(world.stores[0]?.healthy, false)
    return publisher
  }

  for (const qos of [1, 2] as const) {
    test(`refuses a QoS ${qos} message of a 5.0 client with a reason`, () => {
      const publisher = make(ProtocolVersion.V5)
      publisher.publish('q', 'lost', { qos })
      const type = qos === 1 ? PacketType.PUBACK : PacketType.PUBREC
      assert.equal(publisher.take(type).reason, ReasonCode.QUOTA_EXCEEDED)
    })

    test(`never acknowledges a QoS ${qos} message of a 3.1.1 client that it does not store`, () => {
      const publisher = make(ProtocolVersion.V311)
      publisher.publish('q', 'lost', { qos })
      assert.deepEqual(
        publisher.packets.map(({ type }) => type),
        [PacketType.CONNACK],
      )
      assert.equal(publisher.closed, true)
    })
  }
})
