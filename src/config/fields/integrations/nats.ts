/** `nats`: messages of NATS, in both directions. */
import { bool, map, object, secret, string } from '../../field.ts'
import { clientSsl, serversKey, timeoutKey } from '../backends/connection.ts'
import { describeIntegration } from './integration.ts'

export const NATS_PORT = 4222

const HEADERS_MAX = 100

export const nats = describeIntegration({
  type: 'nats',
  title: 'NATS',
  text: 'Publishes to subjects, or to streams of JetStream, and subscribes subjects.',
  proof: 'server',
  connector: {
    servers: serversKey(NATS_PORT),
    username: string({ text: 'User who logs in.' }),
    password: secret({
      text: 'Password of that user, or `file:///path` of a file that holds it.',
    }),
    token: secret({ text: 'Token in place of a user, or `file:///path` of a file that holds it.' }),
    connect_timeout: timeoutKey('A connection that takes longer to open is given up.', '10s'),
    ssl: clientSsl,
  },
  action: object(
    {
      subject: string({
        text: 'Subject; may hold places. Characters that a subject cannot have become `_`.',
        required: true,
        example: 'devices.${clientid}',
      }),
      payload: string({
        text: 'Payload; may hold places. Absent: the record as JSON.',
        lines: true,
      }),
      headers: map(string({ text: 'Value of the header; may hold places.' }), {
        text: 'Headers of the message.',
        keyLabel: 'name',
        entriesMax: HEADERS_MAX,
        default: {},
      }),
      jetstream: bool({
        text:
          'Wait until a stream has stored the message. Without, it counts as delivered when the ' +
          'server has it, whether or not somebody subscribes.',
        default: false,
      }),
    },
    { text: 'What is published.' },
  ),
  source: object(
    {
      subject: string({
        text: 'Subject that is subscribed; may have `*` and `>`.',
        required: true,
        example: 'commands.>',
      }),
      queue_group: string({
        text: 'Group whose members share the messages. With it all shards subscribe.',
        default: '',
      }),
    },
    { text: 'What is subscribed.' },
  ),
  batchSize: 1000,
})
