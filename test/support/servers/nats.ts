import { isInstalled, type NeedOptions, needsPackage } from '../needs-package.ts'
import { ServerProcess } from './server-process.ts'

const SERVER = '/usr/sbin/nats-server'

/** The user and password that a test server has. */
export const NATS_LOGIN = { username: 'tideway', password: 'nats-Secret-1' } as const

/** For tests that need a NATS server. */
export function needsNats(): NeedOptions {
  return needsPackage('nats-server', isInstalled(SERVER) || isInstalled('nats-server'))
}

/** A NATS server with a password and JetStream, for a test. */
export function startNats(): Promise<ServerProcess> {
  const { username, password } = NATS_LOGIN
  return ServerProcess.launch({
    name: 'nats',
    command: isInstalled(SERVER) ? SERVER : 'nats-server',
    args: ({ folder, port }) =>
      [
        ['-a', '127.0.0.1', '-p', String(port), '--user', username, '--pass', password],
        ['-js', '-sd', `${folder}/jetstream`],
      ].flat(),
    ready: /Server is ready/,
    stopSignal: 'SIGINT',
  })
}
