import {
  MARIADB_LOGIN,
  needsMariadb,
  runMariadbSql,
  startMariadb,
} from '../../support/servers/mariadb.ts'
import { type AuthenticationRig, describeAuthentication, QUICK } from './authentication-kit.ts'
import { SQL_DATA } from './sql-data.ts'

async function start(): Promise<AuthenticationRig> {
  const server = await startMariadb()
  const { username, password, database } = MARIADB_LOGIN
  runMariadbSql(server, SQL_DATA, database)
  const common = `backend = mysql, ${QUICK}, server = "127.0.0.1:${server.port}",
    database = ${database}, username = ${username}, password = "${password}"`
  return {
    server,
    remove: () => server.remove(),
    authenticator: `${common}, query =
      "SELECT * FROM mqtt_user WHERE username = '\${username}' LIMIT 1"`,
    nonsense: `${common}, query = "SELECT no_such_column FROM mqtt_user"`,
  }
}

describeAuthentication('MySQL, against MariaDB', start, needsMariadb())
