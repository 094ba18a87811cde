import {
  needsPostgres,
  POSTGRES_LOGIN,
  runSql,
  startPostgres,
} from '../../support/servers/postgres.ts'
import { exampleAuthenticator, exampleSource } from '../examples.ts'
import { describeAuthentication, QUICK, shared } from './authentication-kit.ts'
import { describeAuthorization } from './authorization-kit.ts'
import { SQL_DATA } from './sql-data.ts'

const start = shared(async () => {
  const server = await startPostgres()
  const { username, password, database } = POSTGRES_LOGIN
  runSql(server, `SET ROLE ${username}; ${SQL_DATA}`, database)
  const place = { server: `${server.host}:${server.port}`, database, username, password, ...QUICK }
  return { server, remove: () => server.remove(), place }
})

describeAuthentication(
  'PostgreSQL',
  async () => {
    const { place, ...rig } = await start()
    const example = (replaced = {}) =>
      exampleAuthenticator({ backend: 'postgresql' }, { ...place, ...replaced })
    const nonsense = example({ query: 'SELECT 1 AS one' })
    return { ...rig, authenticator: example(), nonsense }
  },
  { needs: needsPostgres(), shardCounts: [1, 3] },
)

describeAuthorization(
  'PostgreSQL',
  async () => {
    const { place, ...rig } = await start()
    const example = (replaced = {}) =>
      exampleSource({ type: 'postgresql' }, { ...place, ...replaced })
    const nonsense = example({ query: "SELECT 'maybe' AS permission, 'x' AS topic" })
    return { ...rig, source: example(), nonsense }
  },
  { needs: needsPostgres(), shardCounts: [1, 3] },
)
