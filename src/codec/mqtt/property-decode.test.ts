import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PacketType } from './packet-type.ts'
import { buildProperties, checkProperties } from './property-decode.ts'
import type { PropertyContext } from './property-decode.ts'
import { PublishView, decodePublish } from './publish.ts'
import { ProtocolVersion } from './protocol-version.ts'
import { ReasonCode } from './reason-codes.ts'

const CONTEXTS: Readonly<Record<string, PropertyContext>> = { WILL: 0, ...PacketType }

const ACKS = 'PUBACK PUBREC PUBREL PUBCOMP SUBACK UNSUBACK'
const ALL = `CONNECT CONNACK PUBLISH WILL ${ACKS} SUBSCRIBE UNSUBSCRIBE DISCONNECT AUTH`

/** Table 2-4 of the standard: identifier, a legal value, and where the property may stand. */
const TABLE: ReadonlyArray<readonly [id: number, value: string, places: string]> = [
  [0x01, '01', 'PUBLISH WILL'],
  [0x02, '00000001', 'PUBLISH WILL'],
  [0x03, '000161', 'PUBLISH WILL'],
  [0x08, '000161', 'PUBLISH WILL'],
  [0x09, '0001ff', 'PUBLISH WILL'],
  [0x0b, '8001', 'PUBLISH SUBSCRIBE'],
  [0x11, 'ffffffff', 'CONNECT CONNACK DISCONNECT'],
  [0x12, '000161', 'CONNACK'],
  [0x13, '0001', 'CONNACK'],
  [0x15, '000161', 'CONNECT CONNACK AUTH'],
  [0x16, '000100', 'CONNECT CONNACK AUTH'],
  [0x17, '01', 'CONNECT'],
  [0x18, '00000001', 'WILL'],
  [0x19, '01', 'CONNECT'],
  [0x1a, '000161', 'CONNACK'],
  [0x1c, '000161', 'CONNACK DISCONNECT'],
  [0x1f, '000161', `CONNACK ${ACKS} DISCONNECT AUTH`],
  [0x21, '0001', 'CONNECT CONNACK'],
  [0x22, '0001', 'CONNECT CONNACK'],
  [0x23, '0001', 'PUBLISH'],
  [0x24, '01', 'CONNACK'],
  [0x25, '01', 'CONNACK'],
  [0x26, '0001610000', ALL],
  [0x27, '00000001', 'CONNECT CONNACK'],
  [0x28, '01', 'CONNACK'],
  [0x29, '01', 'CONNACK'],
  [0x2a, '01', 'CONNACK'],
]

const MAX = 65_535

function check(hex: string, context: PropertyContext, userPropertiesMax = MAX): number {
  const bytes = Buffer.from(hex, 'hex')
  return checkProperties(bytes, 0, bytes.length, context, userPropertiesMax)?.reason ?? 0
}

const idHex = (id: number): string => id.toString(16).padStart(2, '0')

test('every property is accepted exactly where the standard puts it', () => {
  for (const [id, value, places] of TABLE) {
    for (const [name, context] of Object.entries(CONTEXTS)) {
      const expected = places.split(' ').includes(name) ? 0 : ReasonCode.MALFORMED_PACKET
      assert.equal(check(idHex(id) + value, context), expected, `${idHex(id)} in ${name}`)
    }
  }
})

test('identifiers that are in no table are malformed everywhere', () => {
  const known = new Set(TABLE.map(([id]) => id))
  for (let id = 0; id < 256; id++) {
    if (known.has(id)) continue
    for (const context of Object.values(CONTEXTS)) {
      assert.equal(check(`${idHex(id)}0000000000`, context), ReasonCode.MALFORMED_PACKET)
    }
  }
})

test('a second copy is refused, but for user properties and identifiers in PUBLISH', () => {
  for (const [id, value, places] of TABLE) {
    for (const place of places.split(' ')) {
      const twice = check((idHex(id) + value).repeat(2), CONTEXTS[place]!) // All places exist.
      const mayRepeat = id === 0x26 || (id === 0x0b && place === 'PUBLISH')
      assert.equal(twice, mayRepeat ? 0 : ReasonCode.PROTOCOL_ERROR, `${idHex(id)} in ${place}`)
    }
  }
})

test('every cut of every value is malformed', () => {
  for (const [id, value, places] of TABLE) {
    const place = CONTEXTS[places.split(' ')[0]!]! // All places exist.
    for (let length = 0; length < value.length; length += 2) {
      const reason = check(idHex(id) + value.slice(0, length), place)
      assert.equal(reason, ReasonCode.MALFORMED_PACKET, `${idHex(id)} cut to ${length / 2}`)
    }
  }
})

test('decodePublish judges every property as the table does', () => {
  for (const [id, value, places] of TABLE) {
    for (const copies of [1, 2]) {
      const content = Buffer.from((idHex(id) + value).repeat(copies), 'hex')
      const body = Buffer.concat([Buffer.from([0, 1, 0x61, content.length]), content])
      const view = new PublishView(true)
      const failure = decodePublish(body, 0, 0, body.length, ProtocolVersion.V5, view)
      const expected = check(content.toString('hex'), PacketType.PUBLISH)
      assert.equal(failure?.reason ?? 0, expected, `${idHex(id)} in ${places}`)
    }
  }
})

test('the number of user properties has a limit', () => {
  const user = '260001610000'
  for (const context of Object.values(CONTEXTS)) {
    if (context === PacketType.PINGREQ || context === PacketType.PINGRESP) continue
    assert.equal(check(user.repeat(3), context, 3), 0)
    assert.equal(check(user.repeat(4), context, 3), ReasonCode.QUOTA_EXCEEDED)
  }
})

test('[MQTT-3.3.2-18] [MQTT-3.1.3-10] user properties keep their order and their copies', () => {
  const bytes = Buffer.from('26000162000131260001610001322600016200013126000161000132', 'hex')
  const { userProperties } = buildProperties(bytes, 0, bytes.length)
  assert.deepEqual(userProperties, [
    ['b', '1'],
    ['a', '2'],
    ['b', '1'],
    ['a', '2'],
  ])
})

test('a property name of Object is only a name', () => {
  const bytes = Buffer.from(`260009${Buffer.from('__proto__').toString('hex')}000178`, 'hex')
  const props = buildProperties(bytes, 0, bytes.length)
  assert.deepEqual(props.userProperties, [['__proto__', 'x']])
})
