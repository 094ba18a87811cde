/** Connections to MongoDB, in the three ways that MongoDB is set up. */
import { bool, oneOf, string } from '../../field.ts'
import type { InferFields } from '../../field.ts'
import {
  backendPassword,
  clientSsl,
  poolSize,
  serverKey,
  serversKey,
  timeoutKey,
} from './connection.ts'

export const MONGODB_PORT = 27_017

const TYPE = { text: 'How MongoDB is set up.', required: true } as const

const common = {
  srv_record: bool({
    text: 'Find the servers by the SRV record of the host; its port is not used then.',
    default: false,
  }),
  database: string({ text: 'Name of the database.', required: true, example: 'mqtt' }),
  username: string({ text: 'User who logs in.' }),
  password: backendPassword,
  auth_source: string({ text: 'Database that knows the user.', default: 'admin' }),
  pool_size: poolSize,
  query_timeout: timeoutKey('A query that takes longer is given up.', '5s'),
  connect_timeout: timeoutKey('A connection that takes longer to open is given up.', '5s'),
  ssl: clientSsl,
} as const

/** One server. */
export const mongodbSingleConnection = {
  mongo_type: oneOf(['single'], { text: TYPE.text, default: 'single' }),
  server: serverKey(MONGODB_PORT),
  ...common,
} as const

/** A replica set. */
export const mongodbReplicaSetConnection = {
  mongo_type: oneOf(['rs'], TYPE),
  servers: serversKey(MONGODB_PORT),
  replica_set_name: string({ text: 'Name of the replica set.', required: true, example: 'rs0' }),
  r_mode: oneOf(['master', 'slave_ok'], {
    text: '`slave_ok` also asks servers that only copy; what they say may be old.',
    default: 'master',
  }),
  ...common,
} as const

/** A sharded cluster. */
export const mongodbShardedConnection = {
  mongo_type: oneOf(['sharded'], TYPE),
  servers: serversKey(MONGODB_PORT),
  ...common,
} as const

/** Any of the three, decoded. */
export type MongodbConnectionConfig =
  | InferFields<typeof mongodbSingleConnection>
  | InferFields<typeof mongodbReplicaSetConnection>
  | InferFields<typeof mongodbShardedConnection>
