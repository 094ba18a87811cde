import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isInstalled, type NeedOptions, needsPackage } from '../needs-package.ts'
import { putServerCertificates } from './server-certificates.ts'
import { freePort, giveToServer, runTool, ServerProcess } from './server-process.ts'

/** The user and password that a test server has. */
export const MOSQUITTO_LOGIN = { username: 'tideway', password: 'mosquitto-Secret-1' } as const

/** For tests that need the Mosquitto broker as a foreign system. */
export function needsMosquittoServer(): NeedOptions {
  return needsPackage('mosquitto', isInstalled('mosquitto'))
}

/** A Mosquitto broker that speaks TLS on a second port. */
export interface MosquittoServer {
  readonly server: ServerProcess
  readonly tlsPort: number
}

/** A Mosquitto broker with a password that keeps what it has, for a test. */
export async function startMosquitto(): Promise<MosquittoServer> {
  const tlsPort = await freePort()
  const server = await ServerProcess.launch({
    name: 'mosquitto',
    command: 'mosquitto',
    args: ({ folder }) => ['-c', `${folder}/mosquitto.conf`],
    ready: /mosquitto version \S+ running/,
    async prepare({ folder, port }) {
      const { username, password } = MOSQUITTO_LOGIN
      await runTool('mosquitto_passwd', ['-b', '-c', `${folder}/passwords`, username, password])
      const { certfile, keyfile } = putServerCertificates(folder)
      const file = join(folder, 'mosquitto.conf')
      writeFileSync(
        file,
        `per_listener_settings false\nlistener ${port} 127.0.0.1\nlistener ${tlsPort} 127.0.0.1
certfile ${certfile}\nkeyfile ${keyfile}\npassword_file ${folder}/passwords
allow_anonymous false\npersistence true\npersistence_location ${folder}/\nautosave_interval 1
autosave_on_changes true\n`,
      )
      giveToServer(file)
    },
  })
  return { server, tlsPort }
}
