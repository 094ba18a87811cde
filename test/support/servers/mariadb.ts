import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isInstalled, type NeedOptions, needsPackage } from '../needs-package.ts'
import { putServerCertificates } from './server-certificates.ts'
import { giveToServer, runTool, type ServerPlace, ServerProcess } from './server-process.ts'

const SERVER = '/usr/sbin/mariadbd'

/** The database, user and password that a test server has. */
export const MARIADB_LOGIN = {
  username: 'tideway',
  password: 'my-Secret-1',
  database: 'mqtt',
} as const

/** For tests that need a MariaDB server. */
export function needsMariadb(): NeedOptions {
  return needsPackage('mariadb-server', isInstalled(SERVER))
}

/** A MariaDB server with TLS and passwords, for a test. */
export function startMariadb(): Promise<ServerProcess> {
  return ServerProcess.launch({
    name: 'mariadb',
    command: SERVER,
    args: ({ folder, port }) => [
      '--no-defaults',
      '--console',
      `--datadir=${folder}/data`,
      `--socket=${folder}/socket`,
      `--pid-file=${folder}/pid`,
      `--init-file=${folder}/init.sql`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      '--skip-log-bin',
      `--ssl-cert=${folder}/certs/server.pem`,
      `--ssl-key=${folder}/certs/server.key`,
      '--innodb-log-file-size=4M',
      '--innodb-buffer-pool-size=16M',
      '--innodb-flush-log-at-trx-commit=2',
    ],
    ready: /mariadbd: ready for connections/,
    prepare,
  })
}

/** Runs SQL with all rights, through the socket in the file system. */
export function runMariadbSql(server: ServerProcess, sql: string, database = 'mysql'): string {
  const words = ['--no-defaults', `--socket=${server.folder}/socket`, '-u', 'root', '-N', database]
  return execFileSync('mariadb', words, { encoding: 'utf8', input: sql })
}

async function prepare({ folder }: ServerPlace): Promise<void> {
  putServerCertificates(folder)
  const { username, password, database } = MARIADB_LOGIN
  writeFileSync(
    join(folder, 'init.sql'),
    `CREATE DATABASE IF NOT EXISTS ${database};
     CREATE USER IF NOT EXISTS ${username}@'%' IDENTIFIED BY '${password}';
     GRANT ALL ON ${database}.* TO ${username}@'%';\n`,
  )
  giveToServer(join(folder, 'init.sql'))
  const login = ['--auth-root-authentication-method=normal', '--skip-test-db']
  const place = [`--datadir=${folder}/data`, '--basedir=/usr', '--innodb-log-file-size=4M']
  await runTool('mariadb-install-db', ['--no-defaults', ...place, ...login, '--skip-name-resolve'])
}
