/** `rabbitmq`: messages of RabbitMQ (AMQP 0-9-1), in both directions. */
import { bool, duration, int, object, oneOf, secret, string } from '../../field.ts'
import { clientSsl, timeoutKey } from '../backends/connection.ts'
import { describeIntegration } from './integration.ts'

const PORT_MAX = 65_535
const HEARTBEAT_MS_MAX = 65_535_000

export const rabbitmq = describeIntegration({
  type: 'rabbitmq',
  title: 'RabbitMQ',
  text: 'Publishes to exchanges and consumes queues.',
  proof: 'server',
  connector: {
    server: string({ text: 'Host of the server.', default: 'localhost' }),
    port: int({ text: 'Port of the server.', min: 1, max: PORT_MAX, default: 5672 }),
    username: string({ text: 'User who logs in.', required: true, example: 'guest' }),
    password: secret({
      text: 'Password of that user, or `file:///path` of a file that holds it.',
    }),
    virtual_host: string({ text: 'Virtual host.', default: '/' }),
    heartbeat: duration({
      text: 'Longest silence of a connection.',
      min: 0,
      max: HEARTBEAT_MS_MAX,
      default: '30s',
    }),
    timeout: timeoutKey('A connection that takes longer to open is given up.', '5s'),
    ssl: clientSsl,
  },
  action: object(
    {
      exchange: string({ text: 'Exchange; empty: the default one.', default: '' }),
      routing_key: string({
        text: 'Routing key; may hold places. In the default exchange the name of a queue.',
        required: true,
        example: 'devices.${clientid}',
      }),
      delivery_mode: oneOf(['non_persistent', 'persistent'], {
        text: '`persistent`: the server keeps the message on disk.',
        default: 'non_persistent',
      }),
      payload_template: string({
        text: 'Payload; may hold places. Empty: the record as JSON.',
        lines: true,
        default: '',
      }),
      wait_for_publish_confirmations: bool({
        text: 'A record is delivered when the server has said so. Otherwise when it is sent.',
        default: true,
      }),
      publish_confirmation_timeout: timeoutKey(
        'A confirmation that takes longer is not waited for; the record is sent again.',
        '30s',
      ),
    },
    { text: 'What is published.' },
  ),
  source: object(
    {
      queue: string({ text: 'Queue that is consumed; it has to be there.', required: true }),
      no_ack: bool({
        text:
          'The server forgets a message when it has sent it, not when rules have seen it. The ' +
          'default is safer than that of EMQX 5, which is `true`.',
        default: false,
      }),
    },
    { text: 'What is consumed.' },
  ),
  batchSize: 100,
})
