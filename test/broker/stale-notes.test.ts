import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { Table } from '#broker/ports.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { World } from '../support/world.ts'

describe('a QoS 2 message of a shared subscription that another member takes over', () => {
  test('leaves no note behind that would pass over a later message of its identifier', () => {
    const world = new World({ shards: 2 })
    const member = (clientId: string) =>
      world.connect({
        clientId,
        shard: 1,
        version: ProtocolVersion.V311,
        cleanStart: false,
        autoAck: false,
      })
    const first = member('first')
    first.subscribe('$share/g/t', { qos: 1 })
    const publisher = world.connect({
      clientId: 'publisher',
      shard: 0,
      version: ProtocolVersion.V311,
      cleanStart: false,
    })
    publisher.publish('t', 'moved', { qos: 2, packetId: 6 })
    const second = member('second')
    second.subscribe('$share/g/t', { qos: 2 })
    first.drop()
    const [moved] = second.messages()
    assert.equal(moved?.payload, 'moved')
    assert.equal(moved.qos, 2)
    assert.equal(countNotes(world), 0)
    second.ack(PacketType.PUBREC, moved.packetId)
    second.ack(PacketType.PUBCOMP, moved.packetId)
    publisher.publish('t', 'next', { qos: 2, packetId: 6, dup: true })
    assert.deepEqual(second.payloads(), ['next'])
  })
})

function countNotes(world: World): number {
  let count = 0
  world.stores[0]?.scan(Table.INCOMING, '', '\xff', () => ++count > 0)
  return count
}
