/** `mongodb`: documents for MongoDB. */
import { bool, object, oneOf, string, variant } from '../../field.ts'
import {
  backendPassword,
  clientSsl,
  poolSize,
  serverKey,
  serversKey,
  timeoutKey,
} from '../backends/connection.ts'
import { MONGODB_PORT } from '../backends/mongodb.ts'
import { describeIntegration } from './integration.ts'

const TYPE = { text: 'How MongoDB is set up.', required: true } as const

const common = {
  w_mode: oneOf(['safe', 'unsafe'], {
    text:
      '`unsafe`: a record counts as delivered when it was sent. The default is safer than that ' +
      'of EMQX 5, which is `unsafe`.',
    default: 'safe',
  }),
} as const

const single = object(
  {
    mongo_type: oneOf(['single'], { text: TYPE.text, default: 'single' }),
    server: serverKey(MONGODB_PORT),
    ...common,
  },
  { text: 'One server.' },
)

const replicaSet = object(
  {
    mongo_type: oneOf(['rs'], TYPE),
    servers: serversKey(MONGODB_PORT),
    replica_set_name: string({ text: 'Name of the replica set.', required: true, example: 'rs0' }),
    ...common,
  },
  { text: 'A replica set.' },
)

const sharded = object(
  { mongo_type: oneOf(['sharded'], TYPE), servers: serversKey(MONGODB_PORT), ...common },
  { text: 'A sharded cluster.' },
)

export const mongodb = describeIntegration({
  type: 'mongodb',
  title: 'MongoDB',
  text: 'Inserts a document for each record, those of a batch in one request.',
  proof: 'stand-in',
  connector: {
    parameters: variant(['mongo_type'], [single, replicaSet, sharded], {
      text: 'The servers.',
      example: { server: `127.0.0.1:${MONGODB_PORT}` },
    }),
    srv_record: bool({
      text: 'Find the servers by the SRV record of the host; its port is not used then.',
      default: false,
    }),
    database: string({ text: 'Name of the database.', required: true, example: 'mqtt' }),
    username: string({ text: 'User who logs in.' }),
    password: backendPassword,
    auth_source: string({ text: 'Database that knows the user.', default: 'admin' }),
    pool_size: poolSize,
    query_timeout: timeoutKey('A request that takes longer is tried again.', '30s'),
    connect_timeout: timeoutKey('A connection that takes longer to open is given up.', '5s'),
    ssl: clientSsl,
  },
  action: object(
    {
      collection: string({ text: 'Collection; may hold places.', default: 'mqtt' }),
      payload_template: string({
        text:
          'The document: JSON, in which `{"$date": …}` and the like are the types of BSON; may ' +
          'hold places. Absent: the record.',
      }),
    },
    { text: 'What is inserted.' },
  ),
  batchSize: 100,
})
