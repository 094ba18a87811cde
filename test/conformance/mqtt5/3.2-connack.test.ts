import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { isReasonOf, ReasonCode } from '#codec/mqtt/reason-codes.ts'
import type { AuthenticateResult } from '#broker/ports.ts'
import { bytesOf } from '../../golden/mqtt/golden.ts'
import { expectClosedSilently, expectRefused } from '../../support/expect.ts'
import type { ConnectOptions } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'

const LASTING: ConnectOptions = {
  clientId: 'lasting',
  cleanStart: false,
  properties: { sessionExpiryIntervalSeconds: 3600 },
}

worldTest('[MQTT-3.2.0-1] CONNACK comes before what waits for the client', (world) => {
  const first = world.connect({ ...LASTING, autoAck: false })
  first.subscribe('t', { qos: 2 })
  const publisher = world.connect()
  publisher.publish('t', 'released', { qos: 2 })
  first.ack(PacketType.PUBREC, first.messages()[0]!.packetId)
  publisher.publish('t', 'sent', { qos: 1 })
  first.drop()
  publisher.publish('t', 'queued', { qos: 2 })
  const second = world.connect({ ...LASTING, autoAck: false })
  const types = second.packets.map(({ type }) => type)
  const { CONNACK, PUBREL, PUBLISH } = PacketType
  assert.deepEqual(types, [CONNACK, PUBREL, PUBLISH, PUBLISH])
})

worldTest(
  '[MQTT-3.2.0-1] CONNACK comes before messages of automatic subscriptions',
  (world) => {
    world.connect().publish('news', 'kept', { retain: true, qos: 1 })
    const client = world.connect()
    const types = client.packets.map(({ type }) => type)
    assert.deepEqual(types, [PacketType.CONNACK, PacketType.PUBLISH])
  },
  {
    autoSubscribe: [
      { topic: 'news', qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 },
    ],
  },
)

worldTest('[MQTT-3.2.0-1] CONNACK comes before messages that are published meanwhile', (world) => {
  world.connect(LASTING).subscribe('t', { qos: 1 })
  const publishers = Array.from({ length: world.shardCount }, (_, shard) =>
    world.connect({ shard }),
  )
  const clients = Array.from({ length: 4 }, (_, index) => {
    return world.dial({ ...LASTING, shard: index % world.shardCount })
  })
  for (const client of clients) {
    client.sendLater(client.connectBytes())
    for (const publisher of publishers) publisher.sendLater(bytesOf('30 @ s"t" <> "m"'))
  }
  world.settle()
  for (const client of clients) assert.equal(client.packets[0]?.type, PacketType.CONNACK)
})

worldTest('[MQTT-3.2.0-2] a connection gets one CONNACK', (world) => {
  const client = world.dial()
  client.sendBytes(Buffer.concat([client.connectBytes(), client.connectBytes()]))
  const connacks = client.packets.filter(({ type }) => type === PacketType.CONNACK)
  assert.equal(connacks.length, 1)
})

worldTest('[MQTT-3.2.2-1] the flags of CONNACK are 0 but for session present', (world) => {
  assert.equal(world.dial(LASTING).connect().frame[2], 0)
  assert.equal(world.dial(LASTING).connect().frame[2], 1)
  const refused = world.dial()
  refused.send('10 @ s"MQTT" 05 03 00 00 <> s"c"')
  assert.equal(refused.packets[0]?.frame[2], 0)
})

worldTest('[MQTT-3.2.2-2] with Clean Start 1 session present is 0', (world) => {
  for (let round = 0; round < 3; round++) {
    const connack = world.dial({ ...LASTING, cleanStart: true }).connect()
    assert.equal(connack.sessionPresent, false)
    assert.equal(connack.reason, 0)
  }
})

worldTest('[MQTT-3.2.2-3] with Clean Start 0 session present says what the broker has', (world) => {
  const present = (options: ConnectOptions): boolean => {
    const { sessionPresent, reason } = world.dial(options).connect()
    assert.equal(reason, 0)
    return sessionPresent
  }
  assert.equal(present(LASTING), false)
  assert.equal(present(LASTING), true)
  assert.equal(present({ clientId: 'lasting', cleanStart: false }), true)
  // The connection that is taken over here has a session that ends with it.
  assert.equal(present(LASTING), false)
})

worldTest(
  '[MQTT-3.2.2-6] [MQTT-3.2.2-7] a refusal has session present 0, and is closed',
  (world) => {
    world.connect(LASTING).drop()
    world.access.authenticate = (_request, done) => {
      done({ allowed: false, reason: ReasonCode.NOT_AUTHORIZED, reasonString: 'no' })
    }
    const client = world.dial(LASTING)
    client.tryConnect()
    expectRefused(client, ReasonCode.NOT_AUTHORIZED)
    client.packets.length = 0
    client.ping()
    expectClosedSilently(client)
  },
)

worldTest('[MQTT-3.2.2-8] CONNACK has only codes that it may have', (world) => {
  // Whatever access says: it may be wrong.
  for (let reason = 0x80; reason <= 0xa2; reason++) {
    world.access.authenticate = (_request, done) => {
      done({ allowed: false, reason: reason as ReasonCode, reasonString: 'no' })
    }
    const client = world.dial()
    const connack = client.tryConnect()
    const expected = isReasonOf(PacketType.CONNACK, reason) ? reason : connack?.reason
    assert.equal(connack?.reason, expected)
    assert.equal(client.closed, true)
  }
})

worldTest('[MQTT-3.2.2-8] a client that connects while the broker stops gets 0x88', (world) => {
  let decide: (result: AuthenticateResult) => void = () => {}
  world.access.authenticate = (_request, done) => {
    decide = done
  }
  const client = world.dial()
  client.tryConnect()
  world.restart()
  expectRefused(client, ReasonCode.SERVER_UNAVAILABLE)
  decide({ allowed: true, isSuperuser: false })
  assert.equal(client.packets.length, 1)
})

worldTest('[MQTT-3.2.2-19] a refusal leaves out a reason string that is too long', (world) => {
  const reasonString = 'x'.repeat(200)
  world.access.authenticate = (_request, done) => {
    done({ allowed: false, reason: ReasonCode.BANNED, reasonString })
  }
  const small = world.dial({ properties: { maximumPacketSizeBytes: 100 } })
  small.tryConnect()
  assert.equal(expectRefused(small, ReasonCode.BANNED).properties.reasonString, undefined)
  // 2 bytes of header, 2 of CONNACK, 2 of length, 3 of the string's own.
  const exact = world.dial({ properties: { maximumPacketSizeBytes: 3 + 2 + 2 + 3 + 200 } })
  exact.tryConnect()
  assert.equal(expectRefused(exact, ReasonCode.BANNED).properties.reasonString, reasonString)
  const less = world.dial({ properties: { maximumPacketSizeBytes: 3 + 2 + 2 + 3 + 199 } })
  less.tryConnect()
  assert.equal(expectRefused(less, ReasonCode.BANNED).properties.reasonString, undefined)
})

worldTest('[MQTT-3.2.2-20] CONNACK has no user properties, so none too many', (world) => {
  for (const maximumPacketSizeBytes of [30, 1_000]) {
    const client = world.dial({ properties: { maximumPacketSizeBytes } })
    const connack = client.connect()
    assert.equal(connack.properties.userProperties, undefined)
    assert.ok(connack.frame.length <= maximumPacketSizeBytes)
  }
})

worldTest('[MQTT-3.1.4-5] CONNACK tells the limits of the broker and nothing more', (world) => {
  assert.deepEqual(world.dial().connect().properties, {
    receiveMaximum: 1_000,
    maximumPacketSizeBytes: 1_048_576,
    topicAliasMaximum: 65_535,
  })
})

worldTest(
  '[MQTT-3.1.4-5] CONNACK tells what is switched off',
  (world) => {
    assert.deepEqual(world.dial(LASTING).connect().properties, {
      sessionExpiryIntervalSeconds: 60,
      receiveMaximum: 7,
      maximumQos: 1,
      retainAvailable: false,
      maximumPacketSizeBytes: 2_000,
      topicAliasMaximum: 0,
      wildcardSubscriptionAvailable: false,
      sharedSubscriptionAvailable: false,
      serverKeepAliveSeconds: 30,
    })
  },
  {
    mqtt: {
      sessionExpiryMaxMs: 60_000,
      awaitingRelMax: 7,
      qosMax: 1,
      retainAvailable: false,
      packetBytesMax: 2_000,
      topicAliasMax: 0,
      wildcardSubscription: false,
      sharedSubscription: false,
      serverKeepAliveSeconds: 30,
    },
  },
)

worldTest(
  '[MQTT-3.1.2-23] CONNACK tells a session expiry that is less than asked for',
  (world) => {
    const granted = (seconds: number): number | undefined => {
      const client = world.dial({
        clientId: 'capped',
        properties: { sessionExpiryIntervalSeconds: seconds },
      })
      return client.connect().properties.sessionExpiryIntervalSeconds
    }
    assert.equal(granted(0), undefined)
    assert.equal(granted(59), undefined)
    assert.equal(granted(60), undefined)
    assert.equal(granted(61), 60)
    assert.equal(granted(0xffffffff), 60)
    const client = world.dial({ clientId: 'capped', cleanStart: false })
    assert.equal(client.connect().sessionPresent, true)
  },
  { mqtt: { sessionExpiryMaxMs: 60_000 } },
)

worldTest(
  '[MQTT-3.1.2-23] a session lives no longer than the cap, also after DISCONNECT',
  (world) => {
    world.connect(LASTING).disconnect(0, 3600)
    world.pass(59_800)
    const client = world.dial({ ...LASTING })
    assert.equal(client.connect().sessionPresent, true)
    client.disconnect(0, 0xffffffff)
    world.pass(60_200)
    assert.equal(world.dial(LASTING).connect().sessionPresent, false)
  },
  { mqtt: { sessionExpiryMaxMs: 60_000 } },
)
