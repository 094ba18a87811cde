import {
  needsPostgres,
  POSTGRES_LOGIN,
  runSql,
  startPostgres,
} from '../../support/servers/postgres.ts'
import { describeAuthentication, QUICK } from './authentication-kit.ts'
import { describeAuthorization } from './authorization-kit.ts'
import { SQL_DATA } from './sql-data.ts'

async function start() {
  const server = await startPostgres()
  const { username, password, database } = POSTGRES_LOGIN
  runSql(server, `SET ROLE ${username}; ${SQL_DATA}`, database)
  const keys = (query: string) => `${QUICK}, server = "127.0.0.1:${server.port}",
    database = ${database}, username = ${username}, password = "${password}", query = "${query}"`
  return { server, remove: () => server.remove(), keys }
}

describeAuthentication(
  'PostgreSQL',
  async () => {
    const { keys, ...rig } = await start()
    const query = 'SELECT password_hash, salt, is_superuser FROM mqtt_user WHERE username ='
    return {
      ...rig,
      authenticator: `backend = postgresql, ${keys(`${query} \${username} LIMIT 1`)}`,
      nonsense: `backend = postgresql, ${keys('SELECT 1 AS one')}`,
    }
  },
  { needs: needsPostgres(), shardCounts: [1, 3] },
)

describeAuthorization(
  'PostgreSQL',
  async () => {
    const { keys, ...rig } = await start()
    const query = 'SELECT permission, action, topic, qos, retain FROM mqtt_acl WHERE username ='
    return {
      ...rig,
      source: `type = postgresql, ${keys(`${query} \${username}`)}`,
      nonsense: `type = postgresql, ${keys("SELECT 'maybe' AS permission, 'x' AS topic")}`,
    }
  },
  { needs: needsPostgres(), shardCounts: [1, 3] },
)
