import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { bytesOf } from '../../golden/mqtt/golden.ts'
import { expectClosedSilently } from '../../support/expect.ts'
import type { ConnectOptions, TestClient } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

const V311 = ProtocolVersion.V311

/** A new 3.1.1 connection that has sent these bytes. */
function opened(world: World, notation: string): TestClient {
  const client = world.dial({ version: V311 })
  client.send(notation)
  return client
}

/** The broker answered with this return code and nothing else, and closed. */
function expectReturnCode(client: TestClient, code: number): void {
  assert.equal(client.packets.length, 1)
  assert.deepEqual(client.packets[0]?.frame, Buffer.from([0x20, 2, 0, code]))
  assert.equal(client.closed, true)
}

worldTest('[MQTT311-3.1.2-1] another protocol name ends the connection', (world) => {
  for (const name of ['MQT', 'mqtt', 'MQTTX', '', 'MQIsdp', 'HTTP']) {
    const client = opened(world, `10 @ s"${name}" 04 02 00 00 s"c"`)
    assert.equal(client.closed, true)
    for (const { frame } of client.packets) assert.deepEqual(frame, bytesOf('20 02 00 01'))
  }
  assert.equal(
    world.shards.every(({ broker }) => broker.core.sessions.size === 0),
    true,
  )
})

worldTest('[MQTT311-3.1.2-2] an unknown level gets the return code 0x01', (world) => {
  for (const level of ['00', '01', '02', '03']) {
    expectReturnCode(opened(world, `10 @ s"MQTT" ${level} 02 00 00 s"c"`), 1)
  }
  expectReturnCode(opened(world, '10 @ s"MQIsdp" 04 02 00 00 s"c"'), 1)
})

worldTest(
  '[MQTT311-3.1.2-11] without the will flag QoS, retain and fields are refused',
  (world) => {
    for (const flags of ['0A', '12', '1A', '22', '2A']) {
      expectClosedSilently(opened(world, `10 @ s"MQTT" 04 ${flags} 00 00 s"c"`))
    }
    expectClosedSilently(opened(world, '10 @ s"MQTT" 04 02 00 00 s"c" s"topic" s"gone"'))
  },
)

worldTest('[MQTT311-3.1.2-22] a password without a user name is refused', (world) => {
  expectClosedSilently(opened(world, '10 @ s"MQTT" 04 42 00 00 s"c" s"pw"'))
  expectClosedSilently(opened(world, '10 @ s"MQTT" 04 42 00 00 s"c" s"user" s"pw"'))
})

worldTest('[MQTT311-3.1.3-6] an empty client identifier is replaced by a unique one', (world) => {
  const clients = Array.from({ length: 10 }, () => opened(world, '10 @ s"MQTT" 04 02 00 00 s""'))
  for (const client of clients) {
    assert.deepEqual(client.take(PacketType.CONNACK).frame, bytesOf('20 02 00 00'))
    assert.deepEqual(client.subscribe('t'), [0])
  }
  world.connect().publish('t', 'm')
  for (const client of clients) assert.deepEqual(client.payloads(), ['m'])
})

worldTest('[MQTT311-3.1.3-8] an empty client identifier needs CleanSession 1', (world) => {
  expectReturnCode(opened(world, '10 @ s"MQTT" 04 00 00 00 s""'), 2)
})

worldTest('[MQTT311-3.1.3-8] before 3.1.1 no client identifier may be empty', (world) => {
  expectReturnCode(opened(world, '10 @ s"MQIsdp" 03 02 00 00 s""'), 2)
  expectReturnCode(opened(world, '10 @ s"MQIsdp" 03 00 00 00 s""'), 2)
})

worldTest(
  '[MQTT311-3.1.3-9] a client identifier that is too long gets the return code 0x02',
  (world) => {
    expectReturnCode(opened(world, `10 @ s"MQTT" 04 02 00 00 s"${'x'.repeat(31)}"`), 2)
  },
  { mqtt: { clientIdBytesMax: 30 } },
)

worldTest('[MQTT311-3.1.3-9] an identifier that access refuses gets the code 0x02', (world) => {
  world.access.authenticate = (_request, done) => {
    const reason = ReasonCode.CLIENT_IDENTIFIER_NOT_VALID
    done({ allowed: false, reason, reasonString: 'reserved' })
  }
  expectReturnCode(opened(world, '10 @ s"MQTT" 04 02 00 00 s"c"'), 2)
})

worldTest(
  '[MQTT311-3.1.4-1] a CONNECT that breaks the format is closed without CONNACK',
  (world) => {
    const packets = [
      '10 @ s"MQTT" 04',
      '10 @ s"MQTT" 04 02 00 00',
      '10 @ s"MQTT" 04 03 00 00 s"c"', // Reserved flag.
      '10 @ s"MQTT" 04 1E 00 00 s"c" s"t" s"w"', // Will QoS 3.
      '10 @ s"MQTT" 04 06 00 00 s"c" s"t"', // Will message missing.
      '10 @ s"MQTT" 04 06 00 00 s"c" s"a/#" s"w"', // Will topic with a wildcard.
      '10 @ s"MQTT" 04 82 00 00 s"c"', // User name missing.
      '10 @ s"MQTT" 04 C2 00 00 s"c" s"user"', // Password missing.
      '10 @ s"MQTT" 04 02 00 00 00 02 C3 28', // Not UTF-8.
      '10 @ s"MQTT" 04 02 00 00 s"c" 00', // Longer than its fields.
      '11 @ s"MQTT" 04 02 00 00 s"c"', // Fixed header flags.
    ]
    for (const packet of packets) expectClosedSilently(opened(world, packet))
  },
)

worldTest('[MQTT311-3.1.4-2] the same client again ends the older connection', (world) => {
  for (const cleanStart of [true, false]) {
    const options: ConnectOptions = { clientId: 'same', version: V311, cleanStart }
    const first = world.connect(options)
    first.packets.length = 0
    const second = world.connect(options)
    expectClosedSilently(first)
    assert.equal(second.closed, false)
    const third = world.connect({ ...options, version: ProtocolVersion.V31 })
    assert.equal(second.closed, true)
    third.disconnect()
  }
})

worldTest('[MQTT311-3.2.2-6] a reason without a return code closes without CONNACK', (world) => {
  // A will to a topic that clients must not use.
  expectClosedSilently(opened(world, '10 @ s"MQTT" 04 06 00 00 s"c" s"$SYS/x" s"w"'))
  world.access.authenticate = (_request, done) => {
    done({ allowed: false, reason: ReasonCode.PAYLOAD_FORMAT_INVALID, reasonString: 'odd' })
  }
  expectClosedSilently(opened(world, '10 @ s"MQTT" 04 02 00 00 s"c"'))
})

worldTest('[MQTT311-3.2.2-6] reasons with a return code are told', (world) => {
  const codes: Array<[reason: ReasonCode, code: number]> = [
    [ReasonCode.CLIENT_IDENTIFIER_NOT_VALID, 2],
    [ReasonCode.SERVER_UNAVAILABLE, 3],
    [ReasonCode.SERVER_BUSY, 3],
    [ReasonCode.QUOTA_EXCEEDED, 3],
    [ReasonCode.BAD_USER_NAME_OR_PASSWORD, 4],
    [ReasonCode.NOT_AUTHORIZED, 5],
    [ReasonCode.BANNED, 5],
  ]
  for (const [reason, code] of codes) {
    world.access.authenticate = (_request, done) => {
      done({ allowed: false, reason, reasonString: 'no' })
    }
    expectReturnCode(opened(world, '10 @ s"MQTT" 04 02 00 00 s"c"'), code)
    expectReturnCode(opened(world, '10 @ s"MQIsdp" 03 02 00 00 s"c"'), code)
  }
})

worldTest('[MQTT311-2.2.2-2] wrong flags of the fixed header close the connection', (world) => {
  const right: Record<number, number> = { 4: 0, 5: 0, 6: 2, 7: 0, 8: 2, 10: 2, 12: 0 }
  for (const [type, flags] of Object.entries(right)) {
    for (const wrong of [1, 2, 4, 8, 15]) {
      if ((wrong ^ flags) === 0) continue
      const client = world.connect({ version: V311 })
      client.packets.length = 0
      client.sendBytes(Buffer.from([(Number(type) << 4) | wrong, 0]))
      expectClosedSilently(client)
    }
  }
})

worldTest(
  '[MQTT311-3.14.1-1] DISCONNECT with flags is no DISCONNECT: the will is sent',
  (world) => {
    const watcher = world.connect()
    watcher.subscribe('w')
    const will = { topic: 'w', payload: Buffer.from('gone'), retain: false, properties: {} }
    for (const first of ['E1', 'E2', 'E8']) {
      const client = world.connect({ version: V311, will: { ...will, qos: 0 } })
      client.packets.length = 0
      client.send(`${first} 00`)
      expectClosedSilently(client)
      assert.deepEqual(watcher.payloads(), ['gone'])
    }
  },
)

worldTest('[MQTT311-3.14.1-1] DISCONNECT with a body is malformed before MQTT 5', (world) => {
  const client = world.connect({ version: V311 })
  client.packets.length = 0
  client.send('E0 01 00')
  expectClosedSilently(client)
})
