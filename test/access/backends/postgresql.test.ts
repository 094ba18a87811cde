import {
  needsPostgres,
  POSTGRES_LOGIN,
  runSql,
  startPostgres,
} from '../../support/servers/postgres.ts'
import { type AuthenticationRig, describeAuthentication, QUICK } from './authentication-kit.ts'
import { SQL_DATA } from './sql-data.ts'

async function start(): Promise<AuthenticationRig> {
  const server = await startPostgres()
  const { username, password, database } = POSTGRES_LOGIN
  runSql(server, `SET ROLE ${username}; ${SQL_DATA}`, database)
  const common = `backend = postgresql, ${QUICK}, server = "127.0.0.1:${server.port}",
    database = ${database}, username = ${username}, password = "${password}"`
  return {
    server,
    remove: () => server.remove(),
    authenticator: `${common}, query =
      "SELECT password_hash, salt, is_superuser FROM mqtt_user WHERE username = \${username}"`,
    nonsense: `${common}, query = "SELECT 1 AS one"`,
  }
}

describeAuthentication('PostgreSQL', start, needsPostgres())
