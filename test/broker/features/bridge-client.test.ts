import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { worldTest } from '../../support/world-test.ts'

const { V31, V311, V5 } = ProtocolVersion

describe('a client that says it is a bridge', () => {
  for (const version of [V31, V311]) {
    worldTest(`gets nothing back that it sent itself (level ${version})`, (world) => {
      const bridge = world.connect({ version, bridge: true })
      const other = world.connect()
      bridge.subscribe('both/#', { qos: 1 })
      other.subscribe('both/#', { qos: 1 })
      bridge.publish('both/a', 'from the bridge', { qos: 1 })
      other.publish('both/a', 'from the other', { qos: 1 })
      assert.deepEqual(bridge.payloads(), ['from the other'])
      assert.deepEqual(other.payloads(), ['from the bridge', 'from the other'])
    })

    worldTest(`is told what is to be retained (level ${version})`, (world) => {
      const bridge = world.connect({ version, bridge: true })
      const plain = world.connect({ version })
      for (const client of [bridge, plain]) client.subscribe('state', { qos: 1 })
      world.connect().publish('state', 'on', { qos: 1, retain: true })
      assert.deepEqual(
        bridge.messages().map(({ retain }) => retain),
        [true],
      )
      assert.deepEqual(
        plain.messages().map(({ retain }) => retain),
        [false],
      )
    })
  }

  worldTest('shares a subscription like any other client', (world) => {
    const bridge = world.connect({ version: V311, bridge: true })
    bridge.subscribe('$share/g/both', { qos: 1 })
    bridge.publish('both', 'x', { qos: 1 })
    assert.deepEqual(bridge.payloads(), ['x'])
  })

  worldTest('says itself what it wants with 5.0', (world) => {
    const bridge = world.connect({ version: V5, bridge: true })
    bridge.subscribe('both', { qos: 1 })
    bridge.publish('both', 'x', { qos: 1 })
    assert.deepEqual(bridge.payloads(), ['x'])
  })
})
