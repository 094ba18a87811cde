import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isInstalled, type NeedOptions, needsPackage } from '../needs-package.ts'
import { giveToServer, ServerProcess } from './server-process.ts'

/** For tests that need an InfluxDB 1.x server. */
export function needsInfluxdb(): NeedOptions {
  return needsPackage('influxdb', isInstalled('influxd'))
}

/**
 * An InfluxDB 1.x server, for a test. The first user is made by the test:
 * `CREATE USER … WITH ALL PRIVILEGES` is the one query accepted without a password.
 */
export function startInfluxdb(): Promise<ServerProcess> {
  return ServerProcess.launch({
    name: 'influxdb',
    command: 'influxd',
    args: ({ folder }) => ['run', '-config', `${folder}/influxdb.conf`],
    ready: /Listening on HTTP/,
    prepare({ folder, port }) {
      const file = join(folder, 'influxdb.conf')
      writeFileSync(file, config(folder, port))
      giveToServer(file)
      return Promise.resolve()
    },
  })
}

function config(folder: string, port: number): string {
  return `
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
dir = "${folder}/meta"
[data]
dir = "${folder}/data"
wal-dir = "${folder}/wal"
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:${port}"
auth-enabled = true
log-enabled = false
`
}
