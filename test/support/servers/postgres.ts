import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type NeedOptions, needsPackage } from '../needs-package.ts'
import { runTool, ServerProcess, type ServerPlace } from './server-process.ts'
import { putServerCertificates } from './server-certificates.ts'

const VERSIONS = '/usr/lib/postgresql'
const BIN = findBin()

/** The database, user and password that a test server has. */
export const POSTGRES_LOGIN = {
  username: 'tideway',
  password: 'pg-Secret-1',
  database: 'mqtt',
} as const

/** For tests that need a PostgreSQL server. */
export function needsPostgres(): NeedOptions {
  return needsPackage('postgresql', BIN !== undefined)
}

/** A PostgreSQL server with TLS and passwords (SCRAM), for a test. */
export function startPostgres(): Promise<ServerProcess> {
  const bin = BIN ?? VERSIONS
  return ServerProcess.launch({
    name: 'postgres',
    command: join(bin, 'postgres'),
    args: ({ folder, port }) => [
      '-D',
      join(folder, 'data'),
      `--unix-socket-directories=${folder}`,
      `--port=${port}`,
      '--listen-addresses=127.0.0.1',
      '--max-connections=60',
      '--fsync=off',
    ],
    ready: /database system is ready to accept connections/,
    busy: /pre-existing shared memory block|lock file "postmaster.pid" already exists/,
    stopSignal: 'SIGINT', // "fast": connections are ended.
    prepare: (place) => prepare(bin, place),
  })
}

/** Runs SQL as its owner, through the socket in the file system. */
export function runSql(server: ServerProcess, sql: string, database = 'postgres'): string {
  const words = ['-h', server.folder, '-p', String(server.port), '-U', 'owner', '-d', database]
  const strict = ['--quiet', '--no-align', '--tuples-only', '--set', 'ON_ERROR_STOP=1']
  return execFileSync('psql', [...words, ...strict], { encoding: 'utf8', input: sql })
}

async function prepare(bin: string, { folder, port }: ServerPlace): Promise<void> {
  const data = join(folder, 'data')
  const init = ['-D', data, '-U', 'owner', '--auth-local=trust', '--auth-host=scram-sha-256']
  await runTool(join(bin, 'initdb'), [...init, '-E', 'UTF8', '--no-sync', '--locale=C'])
  const { certfile, keyfile } = putServerCertificates(folder)
  appendFileSync(
    join(data, 'postgresql.conf'),
    `ssl = on\nssl_cert_file = '${certfile}'\nssl_key_file = '${keyfile}'\n`,
  )
  const { username, password, database } = POSTGRES_LOGIN
  const sql = `CREATE ROLE ${username} LOGIN PASSWORD '${password}';
    CREATE DATABASE ${database} OWNER ${username};`
  const single = ['--single', '-D', data, '-j', 'postgres']
  await runTool(
    'sh',
    [
      '-c',
      `${join(bin, 'postgres')} ${single.join(' ')} >/dev/null <<'END'
${sql.replaceAll(';\n', ';\n\n')}

END`,
    ],
    { PGPORT: String(port) },
  )
}

function findBin(): string | undefined {
  if (!existsSync(VERSIONS)) return undefined
  const newestFirst = readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a))
  const folders = newestFirst.map((version) => join(VERSIONS, version, 'bin'))
  return folders.find((folder) => existsSync(join(folder, 'initdb')))
}
