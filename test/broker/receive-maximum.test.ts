import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { World } from '../support/world.ts'

describe('the receive maximum of the broker', () => {
  const make = () => {
    const world = new World({ settings: { mqtt: { awaitingRelMax: 2 } } })
    const options = {
      clientId: 'sender',
      cleanStart: false,
      autoAck: false,
      properties: { sessionExpiryIntervalSeconds: 100 },
    }
    return { world, options }
  }

  test('is whole again on a new connection, whatever an earlier one left unreleased', () => {
    const { world, options } = make()
    const before = world.connect(options)
    before.publish('a', '1', { qos: 2, packetId: 1 })
    before.publish('a', '2', { qos: 2, packetId: 2 })
    before.drop()
    const sender = world.connect(options)
    sender.publish('a', '3', { qos: 2, packetId: 3 })
    sender.publish('a', '4', { qos: 2, packetId: 4 })
    assert.equal(sender.closed, false)
    sender.ack(PacketType.PUBREL, 1)
    sender.ack(PacketType.PUBREL, 2)
    assert.equal(sender.closed, false)
    sender.ack(PacketType.PUBREL, 3)
    sender.publish('a', '5', { qos: 2, packetId: 5 })
    assert.equal(sender.closed, false)
  })

  test('ends a connection that sends more [MQTT-3.3.4-7]', () => {
    const { world, options } = make()
    const sender = world.connect(options)
    for (const packetId of [1, 2, 3]) sender.publish('a', 'x', { qos: 2, packetId })
    assert.equal(sender.closed, true)
  })
})
