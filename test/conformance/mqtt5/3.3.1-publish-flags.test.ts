import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { expectDisconnected } from '../../support/expect.ts'
import type { ConnectOptions } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'

const MALFORMED = 0x81
const LASTING: ConnectOptions = {
  clientId: 'lasting',
  cleanStart: false,
  autoAck: false,
  properties: { sessionExpiryIntervalSeconds: 3600 },
}

for (const qos of [1, 2] as const) {
  worldTest(
    `[MQTT-3.3.1-1] a QoS ${qos} message sent again has DUP, and only that one`,
    (world) => {
      const first = world.connect(LASTING)
      first.subscribe('t', { qos })
      const publisher = world.connect()
      publisher.publish('t', 'sent', { qos })
      const [before] = first.messages()
      assert.equal(before?.dup, false)
      first.drop()
      publisher.publish('t', 'never sent', { qos })
      for (let round = 0; round < 3; round++) {
        const next = world.connect(LASTING)
        const seen = next.messages().map(({ payload, dup, packetId }) => [payload, dup, packetId])
        assert.deepEqual(seen[0], ['sent', true, before.packetId])
        assert.deepEqual(seen[1]?.slice(0, 2), ['never sent', round > 0])
        next.drop()
      }
    },
  )

  worldTest(`[MQTT-3.3.1-1] a QoS ${qos} message sent before a crash has DUP after it`, (world) => {
    const first = world.connect(LASTING)
    first.subscribe('t', { qos })
    world.connect().publish('t', 'sent', { qos })
    const [before] = first.messages()
    world.crash()
    const next = world.connect(LASTING)
    const seen = next.messages().map(({ payload, dup, packetId }) => [payload, dup, packetId])
    assert.deepEqual(seen, [['sent', true, before!.packetId]])
  })

  worldTest(`[MQTT-3.3.1-1] a QoS ${qos} message in a queue over a crash has no DUP`, (world) => {
    const first = world.connect(LASTING)
    first.subscribe('t', { qos })
    first.drop()
    world.connect().publish('t', 'queued', { qos })
    world.crash()
    const [message] = world.connect(LASTING).messages()
    assert.equal(message?.payload, 'queued')
    assert.equal(message.dup, false)
  })

  worldTest(`[MQTT-3.3.1-3] DUP of a QoS ${qos} message is not passed on`, (world) => {
    const subscriber = world.connect()
    subscriber.subscribe('t', { qos: 2 })
    world.connect().publish('t', 'm', { qos, dup: true, retain: true })
    const late = world.connect()
    late.subscribe('t', { qos: 2 })
    for (const client of [subscriber, late]) {
      const message = client.take(PacketType.PUBLISH)
      assert.equal(message.payload, 'm')
      assert.equal(message.dup, false)
    }
  })
}

worldTest('[MQTT-3.3.1-2] QoS 0 with DUP is malformed', (world) => {
  for (const first of ['38', '39']) {
    const client = world.connect()
    client.send(`${first} @ s"t" <> "m"`)
    expectDisconnected(client, MALFORMED)
  }
})

worldTest('[MQTT-3.3.1-2] QoS 0 messages of the broker have no DUP', (world) => {
  const first = world.connect(LASTING)
  first.subscribe('t', { qos: 0 })
  first.drop()
  world.connect().publish('t', 'queued', { qos: 1, dup: true })
  const second = world.connect(LASTING)
  second.drop()
  const third = world.connect(LASTING)
  const all = [...second.messages(), ...third.messages()]
  const seen = all.map(({ payload, qos, dup }) => [payload, qos, dup])
  assert.deepEqual(seen, [['queued', 0, false]])
})

worldTest('[MQTT-3.3.1-4] both QoS bits set is malformed', (world) => {
  for (const first of ['36', '37', '3E', '3F']) {
    const client = world.connect()
    client.send(`${first} @ s"t" 00 01 <> "m"`)
    expectDisconnected(client, MALFORMED)
    const old = world.connect({ version: ProtocolVersion.V311 })
    old.send(`${first} @ s"t" 00 01 "m"`)
    assert.equal(old.closed, true)
  }
})
