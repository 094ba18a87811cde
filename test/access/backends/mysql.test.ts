import {
  MARIADB_LOGIN,
  needsMariadb,
  runMariadbSql,
  startMariadb,
} from '../../support/servers/mariadb.ts'
import { describeAuthentication, QUICK } from './authentication-kit.ts'
import { describeAuthorization } from './authorization-kit.ts'
import { SQL_DATA } from './sql-data.ts'

async function start() {
  const server = await startMariadb()
  const { username, password, database } = MARIADB_LOGIN
  runMariadbSql(server, SQL_DATA, database)
  const keys = (query: string) => `${QUICK}, server = "127.0.0.1:${server.port}",
    database = ${database}, username = ${username}, password = "${password}", query = "${query}"`
  return { server, remove: () => server.remove(), keys }
}

describeAuthentication(
  'MySQL, against MariaDB',
  async () => {
    const { keys, ...rig } = await start()
    const query = "SELECT * FROM mqtt_user WHERE username = '${username}' LIMIT 1"
    return {
      ...rig,
      authenticator: `backend = mysql, ${keys(query)}`,
      nonsense: `backend = mysql, ${keys('SELECT no_such_column FROM mqtt_user')}`,
    }
  },
  { needs: needsMariadb() },
)

describeAuthorization(
  'MySQL, against MariaDB',
  async () => {
    const { keys, ...rig } = await start()
    const query = 'SELECT * FROM mqtt_acl WHERE username = ${username}'
    return {
      ...rig,
      source: `type = mysql, ${keys(query)}`,
      nonsense: `type = mysql, ${keys("SELECT 'allow' AS permission, 'x/#/y' AS topic")}`,
    }
  },
  { needs: needsMariadb() },
)
