import {
  MARIADB_LOGIN,
  needsMariadb,
  runMariadbSql,
  startMariadb,
} from '../../support/servers/mariadb.ts'
import { exampleAuthenticator, exampleSource } from '../examples.ts'
import { describeAuthentication, QUICK, shared } from './authentication-kit.ts'
import { describeAuthorization } from './authorization-kit.ts'
import { SQL_DATA } from './sql-data.ts'

const start = shared(async () => {
  const server = await startMariadb()
  const { username, password, database } = MARIADB_LOGIN
  runMariadbSql(server, SQL_DATA, database)
  const place = { server: `${server.host}:${server.port}`, database, username, password, ...QUICK }
  return { server, remove: () => server.remove(), place }
})

describeAuthentication(
  'MySQL, against MariaDB',
  async () => {
    const { place, ...rig } = await start()
    const example = (replaced = {}) =>
      exampleAuthenticator({ backend: 'mysql' }, { ...place, ...replaced })
    const nonsense = example({ query: 'SELECT no_such_column FROM mqtt_user' })
    return { ...rig, authenticator: example(), nonsense }
  },
  { needs: needsMariadb() },
)

describeAuthorization(
  'MySQL, against MariaDB',
  async () => {
    const { place, ...rig } = await start()
    const example = (replaced = {}) => exampleSource({ type: 'mysql' }, { ...place, ...replaced })
    const nonsense = example({ query: "SELECT 'allow' AS permission, 'x/#/y' AS topic" })
    return { ...rig, source: example(), nonsense }
  },
  { needs: needsMariadb() },
)
