import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import type { ConnectRequest } from '#broker/ports.ts'
import { expectClosedSilently, expectDisconnected, expectRefused } from '../../support/expect.ts'
import type { TestClient } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

const MALFORMED = 0x81
const PROTOCOL_ERROR = 0x82
const UNSUPPORTED_VERSION = 0x84
const BAD_AUTHENTICATION_METHOD = 0x8c
const QUOTA_EXCEEDED = 0x97

/** A new connection that has sent these bytes. */
function opened(world: World, notation: string): TestClient {
  const client = world.dial()
  client.send(notation)
  return client
}

/** Has access note what clients say of themselves. */
function watchAccess(world: World): ConnectRequest[] {
  const seen: ConnectRequest[] = []
  world.access.authenticate = (request, done) => {
    seen.push(request)
    done({ allowed: true, isSuperuser: false })
  }
  return seen
}

worldTest('[MQTT-3.1.0-1] a connection that starts with another packet is closed', (world) => {
  const packets = [
    '20 @ 00 00 <>',
    '30 @ s"t" <> "m"',
    '40 @ 00 01',
    '62 @ 00 01',
    '82 @ 00 01 <> s"t" 00',
    'A2 @ 00 01 <> s"t"',
    'C0 00',
    'D0 00',
    'E0 00',
    'F0 00',
  ]
  for (const packet of packets) expectClosedSilently(opened(world, packet))
})

worldTest('[MQTT-3.1.0-1] a connection without CONNECT is closed after the idle time', (world) => {
  const client = world.dial()
  world.pass(14_900)
  assert.equal(client.closed, false)
  world.pass(200)
  expectClosedSilently(client)
})

worldTest(
  '[MQTT-3.1.0-1] a CONNECT that stays incomplete is closed after the idle time',
  (world) => {
    const client = opened(world, '10 20 s"MQTT" 05')
    world.pass(15_100)
    expectClosedSilently(client)
  },
)

worldTest('[MQTT-3.1.0-1] CONNECT may come byte by byte, and with what follows it', (world) => {
  const client = world.dial({ clientId: 'slow' })
  for (const byte of client.connectBytes()) client.sendBytes(Buffer.from([byte]))
  assert.equal(client.take(PacketType.CONNACK).reason, 0)
  const quick = opened(world, '10 @ s"MQTT" 05 02 00 00 <> s"quick"')
  assert.equal(quick.take(PacketType.CONNACK).reason, 0)
  const eager = world.dial({ clientId: 'eager' })
  eager.sendBytes(Buffer.concat([eager.connectBytes(), Buffer.from([0xc0, 0])]))
  assert.deepEqual(
    eager.packets.map(({ type }) => type),
    [PacketType.CONNACK, PacketType.PINGRESP],
  )
})

worldTest('[MQTT-3.1.0-2] a second CONNECT ends the connection as a protocol error', (world) => {
  const client = world.connect()
  client.sendBytes(client.connectBytes())
  expectDisconnected(client, PROTOCOL_ERROR)
})

worldTest('[MQTT-3.1.0-2] a second CONNECT right behind the first ends it as well', (world) => {
  const client = world.dial()
  client.sendBytes(Buffer.concat([client.connectBytes(), client.connectBytes()]))
  assert.equal(client.take(PacketType.CONNACK).reason, 0)
  expectDisconnected(client, PROTOCOL_ERROR)
})

worldTest('[MQTT-3.1.2-1] a protocol name that is not MQTT is refused and closed', (world) => {
  for (const name of ['MQT', 'mqtt', 'MQTTX', '', 'HTTP', 'MQIsdP']) {
    const client = world.dial({ version: ProtocolVersion.V5 })
    client.send(`10 @ s"${name}" 05 02 00 00 <> s"c"`)
    expectRefused(client, UNSUPPORTED_VERSION)
  }
})

worldTest('[MQTT-3.1.2-2] a version above 5 gets 0x84 in the form of MQTT 5', (world) => {
  for (const level of ['06', '07', '7F']) {
    const client = opened(world, `10 @ s"MQTT" ${level} 02 00 00 <> s"c"`)
    expectRefused(client, UNSUPPORTED_VERSION)
  }
})

worldTest('[MQTT-3.1.2-3] a CONNECT with the reserved flag set is malformed', (world) => {
  expectRefused(opened(world, '10 @ s"MQTT" 05 03 00 00 <> s"c"'), MALFORMED)
  expectRefused(opened(world, '10 @ s"MQTT" 05 01 00 00 <> s"c"'), MALFORMED)
})

worldTest('[MQTT-3.1.2-9] with the will flag set, every field of the will is needed', (world) => {
  const payloads = ['', '<>', '<> s"t"', 's"t" s"w"']
  for (const payload of payloads) {
    const client = opened(world, `10 @ s"MQTT" 05 06 00 00 <> s"c" ${payload}`)
    expectRefused(client, MALFORMED)
  }
  const whole = opened(world, '10 @ s"MQTT" 05 06 00 00 <> s"c" <> s"t" s"w"')
  assert.equal(whole.take(PacketType.CONNACK).reason, 0)
})

worldTest('[MQTT-3.1.2-9] without the will flag the fields of a will are malformed', (world) => {
  const client = opened(world, '10 @ s"MQTT" 05 02 00 00 <> s"c" <> s"t" s"w"')
  expectRefused(client, MALFORMED)
})

worldTest('[MQTT-3.1.2-9] a will may be empty, and its topic may not', (world) => {
  const empty = opened(world, '10 @ s"MQTT" 05 06 00 00 <> s"c" <> s"t" s""')
  assert.equal(empty.take(PacketType.CONNACK).reason, 0)
  const client = opened(world, '10 @ s"MQTT" 05 06 00 00 <> s"d" <> s"" s"w"')
  expectRefused(client, 0x90)
})

worldTest('[MQTT-3.1.2-11] a will QoS without a will is malformed', (world) => {
  for (const flags of ['0A', '12', '1A']) {
    expectRefused(opened(world, `10 @ s"MQTT" 05 ${flags} 00 00 <> s"c"`), MALFORMED)
  }
})

worldTest('[MQTT-3.1.2-12] the will QoS 3 is malformed', (world) => {
  const client = opened(world, '10 @ s"MQTT" 05 1E 00 00 <> s"c" <> s"t" s"w"')
  expectRefused(client, MALFORMED)
})

worldTest('[MQTT-3.1.2-13] will retain without a will is malformed', (world) => {
  expectRefused(opened(world, '10 @ s"MQTT" 05 22 00 00 <> s"c"'), MALFORMED)
})

worldTest('[MQTT-3.1.2-16] without the user name flag a user name is malformed', (world) => {
  expectRefused(opened(world, '10 @ s"MQTT" 05 02 00 00 <> s"c" s"user"'), MALFORMED)
})

worldTest('[MQTT-3.1.2-17] with the user name flag a user name is needed and used', (world) => {
  const seen = watchAccess(world)
  expectRefused(opened(world, '10 @ s"MQTT" 05 82 00 00 <> s"c"'), MALFORMED)
  opened(world, '10 @ s"MQTT" 05 82 00 00 <> s"c" s"ursula"').take(PacketType.CONNACK)
  opened(world, '10 @ s"MQTT" 05 82 00 00 <> s"c" s""').take(PacketType.CONNACK)
  assert.deepEqual(
    seen.map(({ username }) => username),
    ['ursula', ''],
  )
})

worldTest('[MQTT-3.1.2-18] without the password flag a password is malformed', (world) => {
  expectRefused(opened(world, '10 @ s"MQTT" 05 82 00 00 <> s"c" s"user" s"pw"'), MALFORMED)
})

worldTest('[MQTT-3.1.2-19] with the password flag a password is needed and used', (world) => {
  const seen = watchAccess(world)
  expectRefused(opened(world, '10 @ s"MQTT" 05 C2 00 00 <> s"c" s"u"'), MALFORMED)
  opened(world, '10 @ s"MQTT" 05 C2 00 00 <> s"c" s"u" 00 03 00 FF 00').take(PacketType.CONNACK)
  assert.deepEqual(seen[0]?.password, Buffer.from([0, 255, 0]))
})

worldTest('[MQTT-3.1.2-19] a password without a user name is allowed', (world) => {
  const seen = watchAccess(world)
  opened(world, '10 @ s"MQTT" 05 42 00 00 <> s"c" s"token"').take(PacketType.CONNACK)
  assert.equal(seen[0]?.username, undefined)
  assert.deepEqual(seen[0]?.password, Buffer.from('token'))
})

worldTest('[MQTT-3.1.3-1] the fields of the payload are read in their order', (world) => {
  const seen = watchAccess(world)
  const watcher = world.connect()
  watcher.subscribe('will/topic')
  const client = opened(
    world,
    '10 @ s"MQTT" 05 C6 00 3C <> s"ident" <01 01> s"will/topic" s"gone" s"user" s"word"',
  )
  assert.equal(client.take(PacketType.CONNACK).reason, 0)
  client.drop()
  const request = seen.at(-1)
  assert.equal(request?.clientId, 'ident')
  assert.equal(request.username, 'user')
  assert.deepEqual(request.password, Buffer.from('word'))
  assert.equal(request.keepAliveSeconds, 60)
  const will = watcher.take(PacketType.PUBLISH)
  assert.equal(will.payload, 'gone')
  assert.equal(will.properties.payloadFormatIndicator, 1)
})

worldTest('[MQTT-3.1.3-3] a CONNECT without a client identifier is malformed', (world) => {
  expectRefused(opened(world, '10 @ s"MQTT" 05 02 00 00 <>'), MALFORMED)
})

worldTest('[MQTT-3.1.3-4] a client identifier that is not UTF-8 is malformed', (world) => {
  expectRefused(opened(world, '10 @ s"MQTT" 05 02 00 00 <> 00 02 C3 28'), MALFORMED)
})

worldTest('[MQTT-3.1.3-11] a will topic that is not UTF-8 is malformed', (world) => {
  const client = opened(world, '10 @ s"MQTT" 05 06 00 00 <> s"c" <> 00 02 C3 28 s"w"')
  expectRefused(client, MALFORMED)
})

worldTest('[MQTT-3.1.3-12] a user name that is not UTF-8 is malformed', (world) => {
  expectRefused(opened(world, '10 @ s"MQTT" 05 82 00 00 <> s"c" 00 02 C3 28'), MALFORMED)
})

worldTest('[MQTT-3.1.4-1] a CONNECT that is cut off or too long is malformed', (world) => {
  const packets = [
    '10 00',
    '10 @ s"MQTT"',
    '10 @ s"MQTT" 05',
    '10 @ s"MQTT" 05 02 00',
    '10 @ s"MQTT" 05 02 00 00',
    '10 @ s"MQTT" 05 02 00 00 05 11 00 00 00',
    '10 @ s"MQTT" 05 02 00 00 <> s"c" 00',
  ]
  for (const packet of packets) {
    const client = opened(world, packet)
    assert.equal(client.closed, true)
    for (const { reason } of client.packets) assert.equal(reason, MALFORMED)
  }
})

worldTest('[MQTT-3.1.4-1] a property twice, out of place or out of range is refused', (world) => {
  const cases: Array<[properties: string, reason: number]> = [
    ['11 00 00 00 01 11 00 00 00 01', PROTOCOL_ERROR],
    ['21 00 00', PROTOCOL_ERROR],
    ['21 00 01 21 00 01', PROTOCOL_ERROR],
    ['27 00 00 00 00', PROTOCOL_ERROR],
    ['27 00 00 00 64 27 00 00 00 64', PROTOCOL_ERROR],
    ['22 00 01 22 00 01', PROTOCOL_ERROR],
    ['19 02', PROTOCOL_ERROR],
    ['19 01 19 01', PROTOCOL_ERROR],
    ['17 02', PROTOCOL_ERROR],
    ['17 01 17 01', PROTOCOL_ERROR],
    ['15 s"a" 15 s"a"', PROTOCOL_ERROR],
    ['16 s"data"', PROTOCOL_ERROR],
    ['15 s"a" 16 s"x" 16 s"x"', PROTOCOL_ERROR],
    ['01 00', MALFORMED],
    ['18 00 00 00 01', MALFORMED],
    ['1F s"why"', MALFORMED],
    ['24 01', MALFORMED],
    ['7F 00', MALFORMED],
  ]
  for (const [properties, reason] of cases) {
    expectRefused(opened(world, `10 @ s"MQTT" 05 02 00 00 <${properties}> s"c"`), reason)
  }
})

worldTest('[MQTT-3.1.4-1] a will property twice or out of range is refused', (world) => {
  const cases: Array<[properties: string, reason: number]> = [
    ['18 00 00 00 01 18 00 00 00 01', PROTOCOL_ERROR],
    ['01 02', PROTOCOL_ERROR],
    ['01 01 01 01', PROTOCOL_ERROR],
    ['02 00 00 00 01 02 00 00 00 01', PROTOCOL_ERROR],
    ['03 s"a" 03 s"a"', PROTOCOL_ERROR],
    ['08 s"r" 08 s"r"', PROTOCOL_ERROR],
    ['08 s"r/#"', PROTOCOL_ERROR],
    ['08 s"+"', PROTOCOL_ERROR],
    ['09 s"c" 09 s"c"', PROTOCOL_ERROR],
    ['23 00 01', MALFORMED],
    ['0B 01', MALFORMED],
  ]
  for (const [properties, reason] of cases) {
    const client = opened(world, `10 @ s"MQTT" 05 06 00 00 <> s"c" <${properties}> s"t" s"w"`)
    expectRefused(client, reason)
  }
})

worldTest('[MQTT-3.1.4-1] a will topic with a wildcard is refused with 0x90', (world) => {
  for (const topic of ['a/#', '+', 'a+b']) {
    const client = opened(world, `10 @ s"MQTT" 05 06 00 00 <> s"c" <> s"${topic}" s"w"`)
    expectRefused(client, 0x90)
  }
})

worldTest('[MQTT-3.1.2-30] an authentication method nobody offers ends in 0x8C', (world) => {
  const client = opened(world, '10 @ s"MQTT" 05 02 00 00 <15 s"SCRAM-SHA-1"> s"c"')
  expectRefused(client, BAD_AUTHENTICATION_METHOD)
  client.packets.length = 0
  client.send('30 @ s"t" <> "m"')
  expectClosedSilently(client)
})

worldTest(
  '[MQTT-3.1.4-1] more user properties than the broker allows are refused with 0x97',
  (world) => {
    const pair = '26 s"n" s"v"'
    const two = `10 @ s"MQTT" 05 02 00 00 <${pair} ${pair}> s"c"`
    assert.equal(opened(world, two).take(PacketType.CONNACK).reason, 0)
    const three = `10 @ s"MQTT" 05 02 00 00 <${pair} ${pair} ${pair}> s"d"`
    expectRefused(opened(world, three), QUOTA_EXCEEDED)
    const ofWill = `10 @ s"MQTT" 05 06 00 00 <> s"e" <${pair} ${pair} ${pair}> s"t" s"w"`
    expectRefused(opened(world, ofWill), QUOTA_EXCEEDED)
  },
  { mqtt: { userPropertiesMax: 2 } },
)
