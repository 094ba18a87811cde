/** `syslog`: messages to syslog servers, by RFC 5424 or RFC 3164. */
import { bytes, map, object, oneOf, string } from '../../field.ts'
import { clientSsl, serverKey, timeoutKey } from '../backends/connection.ts'
import { describeIntegration } from './integration.ts'

export const SYSLOG_PORT = 514

const ELEMENTS_MAX = 20
const PARAMETERS_MAX = 100
const MESSAGE_BYTES_MIN = 480

/** Facilities in the order of their numbers (RFC 5424 §6.2.1). */
export const SYSLOG_FACILITIES = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'ntp',
  'audit',
  'alert',
  'clock',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
] as const

export const syslog = describeIntegration({
  type: 'syslog',
  title: 'Syslog',
  text: 'Sends messages to a syslog server: RFC 5424 or RFC 3164, over TCP, TLS or UDP.',
  proof: 'server',
  connector: {
    server: serverKey(SYSLOG_PORT),
    transport: oneOf(['tcp', 'udp'], {
      text: '`tcp`, over TLS with `ssl.enable`, or `udp`, which loses messages and has no TLS.',
      default: 'tcp',
    }),
    framing: oneOf(['octet_counting', 'newline'], {
      text:
        'How messages are told apart in TCP (RFC 6587): by their length, or by the line break ' +
        'behind each. With `newline`, line breaks inside a message are written as `\\n`.',
      default: 'octet_counting',
    }),
    connect_timeout: timeoutKey('A connection that takes longer to open is given up.', '5s'),
    ssl: clientSsl,
  },
  action: object(
    {
      format: oneOf(['rfc5424', 'rfc3164'], {
        text: 'Format of the messages. The old one has no structured data and no message id.',
        default: 'rfc5424',
      }),
      facility: oneOf(SYSLOG_FACILITIES, { text: 'Facility.', default: 'user' }),
      severity: string({
        text:
          'Severity: a name such as `warning`, or a number; may hold places. What is neither is ' +
          '`info`.',
        default: 'info',
      }),
      hostname: string({
        text: 'Host that the message is of; may hold places. Empty: this node.',
        default: '',
      }),
      app_name: string({
        text: 'Application that the message is of; may hold places.',
        default: 'tideway',
      }),
      procid: string({ text: 'Process or client; may hold places.', default: '${clientid}' }),
      msgid: string({ text: 'Kind of the message; may hold places.', default: '' }),
      timestamp: string({
        text: 'Time in ms since 1970; may hold places. No number: the present time.',
        default: '${timestamp}',
      }),
      structured_data: map(
        map(string({ text: 'Value of the parameter; may hold places.' }), {
          text: 'Parameters of the element.',
          keyLabel: 'parameter',
          entriesMax: PARAMETERS_MAX,
        }),
        {
          text: 'Elements of structured data, by their id such as `device@32473`.',
          keyLabel: 'id',
          entriesMax: ELEMENTS_MAX,
          default: {},
        },
      ),
      message: string({
        text: 'Text of the message; may hold places. Empty: the record as JSON.',
        default: '',
      }),
      max_message_bytes: bytes({
        text: 'A message that is longer is cut off.',
        min: MESSAGE_BYTES_MIN,
        max: 65_507,
        default: '8KB',
      }),
    },
    { text: 'What is sent.' },
  ),
  batchSize: 100,
})
