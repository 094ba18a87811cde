import {
  MARIADB_LOGIN,
  needsMariadb,
  runMariadbSql,
  startMariadb,
} from '../support/servers/mariadb.ts'
import {
  needsPostgres,
  POSTGRES_LOGIN,
  runSql,
  startPostgres,
} from '../support/servers/postgres.ts'
import { testSink } from './support/sink-kit.ts'

const parameters = {
  sql: "INSERT INTO kept (who, topic, n) VALUES (${clientid}, 'in ${topic}', ${payload.n})",
}
const TABLE = 'CREATE TABLE kept (who VARCHAR(50), topic VARCHAR(50), n INTEGER);'

function numbersIn(output: string): readonly number[] {
  return output.split('\n').flatMap((line) => {
    const [, topic, n] = line.trim().split(/[|\t]/)
    return topic === 'in t/1' && n !== undefined ? [Number(n)] : []
  })
}

for (const type of ['pgsql', 'timescale']) {
  testSink({
    type,
    needs: needsPostgres(),
    start: startPostgres,
    prepare: (server) => {
      const { database, username } = POSTGRES_LOGIN
      runSql(server, `${TABLE} ALTER TABLE kept OWNER TO ${username};`, database)
    },
    connector: ({ port }) => ({ server: `127.0.0.1:${port}`, ...POSTGRES_LOGIN }),
    parameters,
    numbers: (server) => numbersIn(runSql(server, 'SELECT * FROM kept', POSTGRES_LOGIN.database)),
    wrong: {
      keys: ({ port }) => ({ server: `127.0.0.1:${port}`, ...POSTGRES_LOGIN, password: 'wrong' }),
      reason: /Check username, password and database/,
    },
  })
}

testSink({
  type: 'mysql',
  needs: needsMariadb(),
  start: startMariadb,
  prepare: (server) => void runMariadbSql(server, TABLE, MARIADB_LOGIN.database),
  connector: ({ port }) => ({ server: `127.0.0.1:${port}`, ...MARIADB_LOGIN }),
  parameters,
  numbers: (server) => {
    return numbersIn(runMariadbSql(server, 'SELECT * FROM kept', MARIADB_LOGIN.database))
  },
  wrong: {
    keys: ({ port }) => ({ server: `127.0.0.1:${port}`, ...MARIADB_LOGIN, password: 'wrong' }),
    reason: /Check username, password and database/,
  },
})
