/** `mqtt`: a bridge to another MQTT broker, in both directions. */
import { bool, duration, int, object, oneOf, secret, string } from '../../field.ts'
import { clientSsl, poolSize, serverKey, timeoutKey } from '../backends/connection.ts'
import { describeIntegration } from './integration.ts'

export const MQTT_PORT = 1883

const PREFIX_CHARS_MAX = 512
const WINDOW_MAX = 65_535
const KEEP_ALIVE_MS_MAX = 65_535_000

export const mqtt = describeIntegration({
  type: 'mqtt',
  title: 'MQTT broker',
  text: 'Publishes to another broker and subscribes there.',
  proof: 'server',
  connector: {
    server: serverKey(MQTT_PORT),
    clientid_prefix: string({
      text: 'First part of the client identifiers; the name of the connector follows.',
      lengthMax: PREFIX_CHARS_MAX,
      default: '',
    }),
    pool_size: poolSize,
    proto_ver: oneOf(['v3', 'v4', 'v5'], {
      text: 'MQTT 3.1, 3.1.1 or 5.0.',
      default: 'v4',
    }),
    bridge_mode: bool({
      text: 'Say that this is a bridge, which Mosquitto and others take as a wish for no echo.',
      default: false,
    }),
    username: string({ text: 'User who logs in.' }),
    password: secret({
      text: 'Password of that user, or `file:///path` of a file that holds it.',
    }),
    clean_start: bool({
      text: 'Begin with an empty session. Without, the broker keeps what comes meanwhile.',
      default: true,
    }),
    keepalive: duration({
      text: 'Longest silence of a connection.',
      min: 0,
      max: KEEP_ALIVE_MS_MAX,
      default: '160s',
    }),
    max_inflight: int({
      text: 'Messages of one connection under way to the broker.',
      unit: 'messages',
      min: 1,
      max: WINDOW_MAX,
      default: 32,
    }),
    connect_timeout: timeoutKey('A connection that takes longer to open is given up.', '10s'),
    ssl: clientSsl,
  },
  action: object(
    {
      topic: string({ text: 'Topic; may hold places.', required: true, example: 'up/${topic}' }),
      qos: string({ text: 'QoS: 0, 1, 2 or a place. What is no QoS is 0.', default: '1' }),
      retain: string({
        text: 'Retain flag: `true`, `false` or a place. What is missing is `false`.',
        default: 'false',
      }),
      payload: string({
        text: 'Payload; may hold places. Absent: the record as JSON.',
        lines: true,
      }),
    },
    { text: 'What is published.' },
  ),
  source: object(
    {
      topic: string({
        text:
          'Filter that is subscribed, by one connection: messages come in order. With ' +
          '`$share/<group>/<filter>` all connections subscribe and share the messages.',
        required: true,
        example: 'devices/#',
      }),
      qos: int({ text: 'Highest QoS.', min: 0, max: 2, default: 1 }),
    },
    { text: 'What is subscribed.' },
  ),
})
