import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { type Golden, bad } from './golden.ts'

const { V5 } = ProtocolVersion

/** CONNECT 5 with these properties and nothing else. */
function withProperties(notation: string): string {
  return `10 @ s"MQTT" 05 02 00 3C <${notation}> s"a"`
}

/** CONNECT 5 with these will properties. */
function withWillProperties(notation: string): string {
  return `10 @ s"MQTT" 05 06 00 3C 00 s"a" <${notation}> s"w" s"m"`
}

const refused = (name: string, notation: string, reason: number, detail = ''): Golden =>
  bad(name, V5, 'client', notation, reason, detail)

/** CONNECT 5 with properties that are refused, its own and the will's. */
export const CONNECT_PROPERTY_PACKETS: readonly Golden[] = [
  refused(
    'session expiry twice',
    withProperties('11 00 00 00 01 11 00 00 00 01'),
    0x82,
    'Session Expiry Interval is there twice',
  ),
  refused('receive maximum twice', withProperties('21 00 01 21 00 01'), 0x82, 'twice'),
  refused('receive maximum of 0', withProperties('21 00 00'), 0x82, 'Receive Maximum has'),
  refused(
    'maximum packet size of 0',
    withProperties('27 00 00 00 00'),
    0x82,
    'Maximum Packet Size',
  ),
  refused('problem information of 2', withProperties('17 02'), 0x82, 'Request Problem'),
  refused('response information of 2', withProperties('19 02'), 0x82, 'Request Response'),
  refused('authentication data alone', withProperties('16 00 01 00'), 0x82, 'without'),
  refused('authentication method twice', withProperties('15 s"a" 15 s"a"'), 0x82, 'twice'),
  refused('topic alias in CONNECT', withProperties('23 00 01'), 0x81, 'Topic Alias has no place'),
  refused('will delay outside of the will', withProperties('18 00 00 00 01'), 0x81, 'no place'),
  refused('reason string in CONNECT', withProperties('1F s"r"'), 0x81, 'no place'),
  refused('unknown property', withProperties('04 00'), 0x81, 'identifier is unknown'),
  refused('property identifier 0', withProperties('00'), 0x81, 'identifier is unknown'),
  refused('property identifier of two bytes', withProperties('91 00'), 0x81, 'unknown'),
  refused('number cut off', withProperties('11 00 00'), 0x81, 'ends inside'),
  refused('user property without a value', withProperties('26 s"k"'), 0x81, 'ends inside'),
  refused('[MQTT-1.5.4-1] ill-formed user property name', withProperties('26 00 01 FF s"v"'), 0x81),
  refused('[MQTT-1.5.4-2] U+0000 in a user property', withProperties('26 s"k" 00 01 00'), 0x81),
  refused(
    'properties longer than the packet',
    '10 @ s"MQTT" 05 02 00 3C 7F 00 00',
    0x81,
    'ends inside',
  ),
  refused('no property length', '10 @ s"MQTT" 05 02 00 3C', 0x81, 'Variable Byte Integer'),
  refused(
    '[MQTT-1.5.5-1] property length padded with a zero byte',
    '10 @ s"MQTT" 05 02 00 3C 80 00 s"a"',
    0x81,
  ),
  refused(
    '[MQTT-1.5.5-1] property length of five bytes',
    '10 @ s"MQTT" 05 02 00 3C 80 80 80 80 01 s"a"',
    0x81,
  ),
  refused('will delay twice', withWillProperties('18 00 00 00 01 18 00 00 00 01'), 0x82, 'twice'),
  refused('will payload format of 2', withWillProperties('01 02'), 0x82, 'Payload Format'),
  refused('topic alias in a will', withWillProperties('23 00 01'), 0x81, 'no place'),
  refused('session expiry in a will', withWillProperties('11 00 00 00 01'), 0x81, 'no place'),
  refused('[MQTT-3.3.2-14] wildcard in the response topic', withWillProperties('08 s"a/+"'), 0x82),
  refused('[MQTT-4.7.3-1] empty response topic', withWillProperties('08 00 00'), 0x82),
]
