import {
  MARIADB_LOGIN,
  needsMariadb,
  runMariadbSql,
  startMariadb,
} from '../support/servers/mariadb.ts'
import { PGSQL, SQL_PARAMETERS, SQL_TABLE, sqlNumbers } from './support/sink-cases.ts'
import { testSink } from './support/sink-kit.ts'

for (const type of ['pgsql', 'timescale']) testSink({ ...PGSQL, type })

testSink({
  type: 'mysql',
  needs: needsMariadb(),
  start: startMariadb,
  prepare: (server) => void runMariadbSql(server, SQL_TABLE, MARIADB_LOGIN.database),
  connector: ({ port }) => ({ server: `127.0.0.1:${port}`, ...MARIADB_LOGIN }),
  parameters: SQL_PARAMETERS,
  numbers: (server) => {
    return sqlNumbers(runMariadbSql(server, 'SELECT * FROM kept', MARIADB_LOGIN.database))
  },
  isOrdered: true,
  wrong: {
    keys: ({ port }) => ({ server: `127.0.0.1:${port}`, ...MARIADB_LOGIN, password: 'wrong' }),
    reason: /Check username, password and database/,
  },
})
