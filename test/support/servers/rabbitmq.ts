import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isInstalled, type NeedOptions, needsPackage } from '../needs-package.ts'
import { freePort, giveToServer, ServerProcess } from './server-process.ts'

/** The script that Debian's wrapper calls; the wrapper insists on a user of its own. */
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server'

/** The user and password that a test server has. */
export const RABBITMQ_LOGIN = { username: 'tideway', password: 'rabbit-Secret-1' } as const

/** For tests that need a RabbitMQ server. */
export function needsRabbitmq(): NeedOptions {
  return needsPackage('rabbitmq-server', isInstalled(SERVER))
}

/** A RabbitMQ server (AMQP 0-9-1) with a password, for a test. What is durable survives a kill. */
export async function startRabbitmq(): Promise<ServerProcess> {
  const erlangPort = await freePort()
  const namePort = await freePort()
  return ServerProcess.launch({
    name: 'rabbitmq',
    // The daemon that names nodes is started here, so that it ends with the server.
    command: 'sh',
    args: () => ['-c', `setpriv --pdeathsig KILL epmd -address 127.0.0.1 & exec ${SERVER}`],
    env: ({ folder, port }) => ({
      ERL_EPMD_PORT: String(namePort),
      RABBITMQ_NODENAME: `tideway${port}@localhost`,
      RABBITMQ_DIST_PORT: String(erlangPort),
      RABBITMQ_CONF_ENV_FILE: '/dev/null',
      RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
      RABBITMQ_MNESIA_BASE: join(folder, 'data'),
      RABBITMQ_LOG_BASE: join(folder, 'log'),
      RABBITMQ_LOGS: '-',
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1 +sbwt none',
    }),
    ready: /Server startup complete/,
    busy: /epmd|nodistribution|already running|eaddrinuse/,
    prepare({ folder, port }) {
      const { username, password } = RABBITMQ_LOGIN
      const file = join(folder, 'rabbitmq.conf')
      writeFileSync(
        file,
        `listeners.tcp.1 = 127.0.0.1:${port}\ndefault_user = ${username}
default_pass = ${password}\nlog.console = true\nlog.console.level = info\n`,
      )
      giveToServer(file)
      return Promise.resolve()
    },
  })
}
