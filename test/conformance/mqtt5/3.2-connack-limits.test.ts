import assert from 'node:assert/strict'
import type { Will } from '#codec/mqtt/connect.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { expectDisconnected, expectRefused } from '../../support/expect.ts'
import { worldTest } from '../../support/world-test.ts'

const PAYLOAD = Buffer.from('gone')

function will(more: Partial<Will>): Will {
  return { topic: 'w', payload: PAYLOAD, qos: 0, retain: false, properties: {}, ...more }
}

for (const qosMax of [0, 1] as const) {
  const settings = { mqtt: { qosMax } }
  const over = [1, 2].filter((qos) => qos > qosMax) as Array<1 | 2>

  worldTest(
    `[MQTT-3.2.2-9] a broker for QoS ${qosMax} announces it`,
    (world) => assert.equal(world.dial().connect().properties.maximumQos, qosMax),
    settings,
  )

  worldTest(
    `[MQTT-3.2.2-10] a broker for QoS ${qosMax} takes a SUBSCRIBE of every QoS`,
    (world) => {
      const client = world.connect()
      for (const qos of [0, 1, 2] as const) {
        assert.deepEqual(client.subscribe(`t/${qos}`, { qos }), [Math.min(qos, qosMax)])
        client.publish(`t/${qos}`, 'm', { qos: qosMax })
        assert.equal(client.take(PacketType.PUBLISH).qos, Math.min(qos, qosMax))
      }
    },
    settings,
  )

  worldTest(
    `[MQTT-3.2.2-11] a broker for QoS ${qosMax} ends a PUBLISH above it with 0x9B`,
    (world) => {
      const subscriber = world.connect()
      subscriber.subscribe('t')
      for (const qos of over) {
        const client = world.connect()
        client.publish('t', 'm', { qos })
        expectDisconnected(client, ReasonCode.QOS_NOT_SUPPORTED)
      }
      assert.deepEqual(subscriber.payloads(), [])
    },
    settings,
  )

  worldTest(
    `[MQTT-3.2.2-12] a broker for QoS ${qosMax} refuses a will above it with 0x9B`,
    (world) => {
      world.connect({ will: will({ qos: qosMax }) })
      for (const qos of over) {
        const client = world.dial({ will: will({ qos }) })
        client.tryConnect()
        expectRefused(client, ReasonCode.QOS_NOT_SUPPORTED)
      }
    },
    settings,
  )
}

worldTest('[MQTT-3.2.2-9] a broker for all QoS announces no maximum', (world) => {
  assert.equal(world.dial().connect().properties.maximumQos, undefined)
})

const NO_RETAIN = { mqtt: { retainAvailable: false } }

worldTest(
  '[MQTT-3.2.2-13] a will to be retained is refused with 0x9A where nothing is retained',
  (world) => {
    const client = world.dial({ will: will({ retain: true }) })
    assert.equal(client.tryConnect()?.properties.retainAvailable, undefined)
    expectRefused(client, ReasonCode.RETAIN_NOT_SUPPORTED)
    const connack = world.dial({ will: will({}) }).connect()
    assert.equal(connack.properties.retainAvailable, false)
  },
  NO_RETAIN,
)

worldTest(
  '[MQTT-3.2.2-14] a message to be retained ends with 0x9A where nothing is retained',
  (world) => {
    for (const qos of [0, 1, 2] as const) {
      const client = world.connect()
      client.publish('t', 'm', { qos, retain: true })
      expectDisconnected(client, ReasonCode.RETAIN_NOT_SUPPORTED)
    }
    const late = world.connect()
    late.subscribe('t')
    assert.deepEqual(late.payloads(), [])
  },
  NO_RETAIN,
)

worldTest('[MQTT-3.2.2-13] a will that claims to be UTF-8 and is not gets 0x99', (world) => {
  const properties = { payloadFormatIndicator: 1 }
  const bad = world.dial({ will: will({ properties, payload: Buffer.from([0xff]) }) })
  bad.tryConnect()
  expectRefused(bad, ReasonCode.PAYLOAD_FORMAT_INVALID)
  world.connect({ will: will({ properties, payload: Buffer.from('ü\0') }) })
  world.connect({ will: will({ payload: Buffer.from([0xff]) }) })
})

worldTest(
  '[MQTT-3.2.2-17] [MQTT-3.3.2-9] an alias above the maximum of the broker ends with 0x94',
  (world) => {
    const subscriber = world.connect()
    subscriber.subscribe('t')
    const client = world.dial()
    assert.equal(client.connect().properties.topicAliasMaximum, 5)
    client.publish('t', 'five', { properties: { topicAlias: 5 } })
    assert.deepEqual(subscriber.payloads(), ['five'])
    client.publish('t', 'six', { properties: { topicAlias: 6 } })
    expectDisconnected(client, ReasonCode.TOPIC_ALIAS_INVALID)
    assert.deepEqual(subscriber.payloads(), [])
  },
  { mqtt: { topicAliasMax: 5 } },
)

worldTest(
  '[MQTT-3.2.2-18] where the broker allows no alias, one ends with 0x94',
  (world) => {
    const client = world.dial()
    assert.equal(client.connect().properties.topicAliasMaximum ?? 0, 0)
    client.publish('t', 'm', { properties: { topicAlias: 1 } })
    expectDisconnected(client, ReasonCode.TOPIC_ALIAS_INVALID)
  },
  { mqtt: { topicAliasMax: 0 } },
)
