import assert from 'node:assert/strict'
import type { Will } from '#codec/mqtt/connect.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode, isReasonOf } from '#codec/mqtt/reason-codes.ts'
import { bytesOf } from '../../golden/mqtt/golden.ts'
import { expectClosedSilently, expectDisconnected, expectRefused } from '../../support/expect.ts'
import { kept } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'

const WILL: Will = {
  topic: 'will',
  payload: Buffer.from('gone'),
  qos: 1,
  retain: false,
  properties: {},
}

worldTest('[MQTT-3.14.0-1] before CONNECT the broker closes without DISCONNECT', (world) => {
  for (const bytes of ['C0 00', 'E0 00', '82 @ 0001 <> s"t" 00', '00 00', '30 FFFFFFFFFF']) {
    const client = world.dial()
    client.send(bytes)
    expectClosedSilently(client)
  }
  const idle = world.dial()
  world.pass(20_000)
  expectClosedSilently(idle)
})

worldTest('[MQTT-3.14.0-1] a refused CONNECT is answered by CONNACK alone', (world) => {
  world.access.authenticate = (_request, done) => {
    done({ allowed: false, reason: ReasonCode.BANNED, reasonString: 'you are banned' })
  }
  const client = world.dial()
  client.tryConnect()
  expectRefused(client, ReasonCode.BANNED)
})

worldTest(
  '[MQTT-3.14.0-1] while access decides on CONNECT nothing is said but CONNACK',
  (world) => {
    world.access.authenticate = () => {}
    const client = world.dial()
    client.tryConnect()
    client.send('F0 00')
    assert.deepEqual(client.packets, [])
    world.pass(20_000)
    expectRefused(client, ReasonCode.UNSPECIFIED_ERROR)
  },
)

worldTest('[MQTT-3.14.1-1] reserved flags that are set get DISCONNECT 0x81', (world) => {
  for (let flags = 1; flags < 16; flags++) {
    const client = world.connect()
    client.send(`E${flags.toString(16)} 00`)
    expectDisconnected(client, ReasonCode.MALFORMED_PACKET)
  }
})

worldTest('[MQTT-3.14.2-1] a client may send each listed code, and no other', (world) => {
  for (let reason = 0; reason < 256; reason++) {
    const client = world.connect()
    client.packets.length = 0
    client.sendBytes(Buffer.from([0xe0, 1, reason]))
    if (isReasonOf(PacketType.DISCONNECT, reason)) expectClosedSilently(client)
    else expectDisconnected(client, ReasonCode.PROTOCOL_ERROR)
  }
})

worldTest('[MQTT-3.14.2-1] a client that says DISCONNECT gets no answer', (world) => {
  for (const bytes of ['E0 00', 'E0 01 00', 'E0 02 00 00', 'E0 @ 00 <1F s"bye" 26 s"a" s"b">']) {
    const client = world.connect()
    client.packets.length = 0
    client.send(bytes)
    expectClosedSilently(client)
  }
})

worldTest('[MQTT-3.14.2-1] the broker says why it ends a connection', (world) => {
  const cases: ReadonlyArray<readonly [string, number]> = [
    ['30 FFFFFFFFFF', ReasonCode.MALFORMED_PACKET],
    ['36 @ s"t" 0001 <> "m"', ReasonCode.MALFORMED_PACKET],
    ['10 @ s"MQTT" 05 02 0000 <> s"x"', ReasonCode.PROTOCOL_ERROR],
    ['30 @ s"a/+" <> "m"', ReasonCode.TOPIC_NAME_INVALID],
    ['30 @ s"t" <23 0000> "m"', ReasonCode.TOPIC_ALIAS_INVALID],
  ]
  for (const [bytes, reason] of cases) {
    const client = world.connect()
    client.send(bytes)
    expectDisconnected(client, reason)
  }
})

worldTest(
  '[MQTT-3.14.2-1] limits of the broker have codes of their own',
  (world) => {
    const cases: ReadonlyArray<readonly [string, number]> = [
      [`30 @ s"t" <> "${'m'.repeat(300)}"`, ReasonCode.PACKET_TOO_LARGE],
      ['31 @ s"t" <> "m"', ReasonCode.RETAIN_NOT_SUPPORTED],
      ['34 @ s"t" 0001 <> "m"', ReasonCode.QOS_NOT_SUPPORTED],
      ['30 @ s"t" <23 000B> "m"', ReasonCode.TOPIC_ALIAS_INVALID],
    ]
    for (const [bytes, reason] of cases) {
      const client = world.connect()
      client.send(bytes)
      expectDisconnected(client, reason)
    }
  },
  { mqtt: { packetBytesMax: 200, retainAvailable: false, qosMax: 1, topicAliasMax: 10 } },
)

worldTest(
  '[MQTT-3.14.2-1] DISCONNECT 0x93 says that too many messages are open',
  (world) => {
    const client = world.connect({ autoAck: false })
    client.publish('t', '1', { qos: 2 })
    client.publish('t', '2', { qos: 2 })
    assert.equal(client.closed, false)
    client.publish('t', '3', { qos: 2 })
    expectDisconnected(client, ReasonCode.RECEIVE_MAXIMUM_EXCEEDED)
  },
  { mqtt: { awaitingRelMax: 2 } },
)

worldTest('[MQTT-3.14.2-1] DISCONNECT 0x8B says that the server is going', (world) => {
  const client = world.connect()
  world.restart()
  expectDisconnected(client, ReasonCode.SERVER_SHUTTING_DOWN)
})

worldTest('[MQTT-3.14.2-1] DISCONNECT 0x8D says that nothing came in time', (world) => {
  const client = world.connect({ keepAliveSeconds: 10 })
  world.pass(15_000)
  expectDisconnected(client, ReasonCode.KEEP_ALIVE_TIMEOUT)
})

worldTest('[MQTT-3.14.2-1] DISCONNECT 0x8E says that another took the session over', (world) => {
  const first = world.connect({ clientId: 'same' })
  world.connect({ clientId: 'same' })
  expectDisconnected(first, ReasonCode.SESSION_TAKEN_OVER)
})

worldTest('[MQTT-3.14.2-1] DISCONNECT 0x97 and 0x83 say that the disk failed', (world) => {
  const cases = [
    ['full', ReasonCode.QUOTA_EXCEEDED],
    ['io', ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR],
  ] as const
  for (const [kind, reason] of cases) {
    const client = world.connect(kept('keeper', { shard: 0 }))
    world.stores[0]!.failNext(kind)
    client.send('82 @ 0001 <> s"t" 00')
    expectDisconnected(client, reason)
    world.pass(1_000)
  }
})

worldTest('[MQTT-3.14.2-2] DISCONNECT of the broker has no session expiry', (world) => {
  const client = world.connect(kept('keeper'))
  world.connect(kept('keeper'))
  const { properties } = expectDisconnected(client, ReasonCode.SESSION_TAKEN_OVER)
  assert.deepEqual(Object.keys(properties), ['reasonString'])
})

worldTest(
  '[MQTT-3.14.2-3] [MQTT-3.14.2-4] DISCONNECT leaves out a text that is too long',
  (world) => {
    const roomy = world.connect({ properties: { maximumPacketSizeBytes: 500 } })
    const tight = world.connect({ properties: { maximumPacketSizeBytes: 30 } })
    const incurious = world.connect({ properties: { requestProblemInformation: false } })
    for (const client of [roomy, tight, incurious]) client.send('D0 00')
    const { properties } = expectDisconnected(roomy, ReasonCode.PROTOCOL_ERROR)
    assert.deepEqual(Object.keys(properties), ['reasonString'])
    for (const client of [tight, incurious]) {
      const { frame } = expectDisconnected(client, ReasonCode.PROTOCOL_ERROR)
      assert.deepEqual(frame, bytesOf('E0 01 82'))
    }
  },
)

worldTest('[MQTT-3.14.4-1] [MQTT-3.14.4-2] nothing follows DISCONNECT; it is closed', (world) => {
  for (const options of [{ will: WILL }, kept('keeper', { will: WILL })]) {
    const client = world.connect(options)
    // Its own end is announced and its will is sent: it has subscribed to both.
    client.subscribe(['will', '$SYS/#', 't'], { qos: 1 })
    client.send('32 @ s"t" 0001 <> "m"')
    client.send('C0 00 82 06 0001 00 0001 "t" D0 00 C0 00')
    expectDisconnected(client, ReasonCode.MALFORMED_PACKET)
    world.connect().publish('t', 'later', { qos: 1 })
    client.ping()
    expectDisconnected(client, ReasonCode.MALFORMED_PACKET)
  }
})

worldTest('[MQTT-3.14.4-1] what comes after DISCONNECT of the client is ignored', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t')
  const client = world.connect({ will: WILL })
  client.packets.length = 0
  client.send('30 05 0001 "t" 00 "1" E0 00 30 05 0001 "t" 00 "2"')
  client.send('30 05 0001 "t" 00 "3"')
  assert.deepEqual(subscriber.payloads(), ['1'])
  expectClosedSilently(client)
})

worldTest('[MQTT-3.14.4-3] DISCONNECT 0x00 discards the will', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('will', { qos: 1 })
  world.connect({ will: WILL }).disconnect()
  world.connect(kept('keeper', { will: WILL })).disconnect()
  world.pass(3_700_000)
  assert.deepEqual(subscriber.payloads(), [])
})

worldTest('[MQTT-3.14.4-3] DISCONNECT 0x00 discards a will that has a delay', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('will', { qos: 1 })
  const will = { ...WILL, properties: { willDelayIntervalSeconds: 5 } }
  world.connect(kept('keeper', { will })).disconnect()
  world.pass(10_000)
  world.crash()
  world.pass(10_000)
  assert.deepEqual(subscriber.payloads(), [])
})

worldTest('[MQTT-3.14.4-3] DISCONNECT with another code has the will sent', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('will', { qos: 1 })
  for (const reason of [0x04, 0x80, 0x81, 0x98]) {
    world.connect({ will: WILL }).disconnect(reason)
    assert.deepEqual(subscriber.payloads(), ['gone'])
  }
})

worldTest('[MQTT-3.1.2-23] DISCONNECT may change how long the session stays', (world) => {
  world.connect(kept('a')).disconnect(0, 0)
  world.connect(kept('b')).disconnect(0, 7_200)
  assert.equal(world.dial(kept('a')).connect().sessionPresent, false)
  world.pass(3_700_000)
  assert.equal(world.dial(kept('b')).connect().sessionPresent, true)
})

worldTest('[MQTT-4.13.1-1] DISCONNECT may not give an expiry where CONNECT gave none', (world) => {
  const client = world.connect()
  client.send('E0 @ 00 <11 0000000A>')
  expectDisconnected(client, ReasonCode.PROTOCOL_ERROR)
  const zero = world.connect()
  zero.packets.length = 0
  zero.send('E0 @ 00 <11 00000000>')
  expectClosedSilently(zero)
})
