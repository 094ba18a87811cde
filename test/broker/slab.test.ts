import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { World } from '../support/world.ts'

describe('memory of output', () => {
  test('is not used again while a transport holds the farewell of a closed connection', () => {
    const world = new World()
    const slow = world.connect({ clientId: 'same' })
    slow.wire.stalled = true
    const next = world.connect({ clientId: 'same' })
    next.subscribe('a', { qos: 0 })
    for (let count = 0; count < 20; count++) next.publish('a', `message ${count}`)
    slow.wire.release()
    assert.equal(slow.take(PacketType.DISCONNECT).reason, ReasonCode.SESSION_TAKEN_OVER)
  })
})
