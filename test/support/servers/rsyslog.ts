import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isInstalled, type NeedOptions, needsPackage } from '../needs-package.ts'
import type { DevelopmentCertificates } from '#net/certificate/development-certificates.ts'
import { putServerCertificates } from './server-certificates.ts'
import { giveToServer, ServerProcess } from './server-process.ts'

const SERVER = '/usr/sbin/rsyslogd'
const GNUTLS = '/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_gtls.so'
const FIELDS = ['PRI', 'timestamp:::date-rfc3339', 'HOSTNAME', 'APP-NAME', 'PROCID', 'MSGID']

/** For tests that need rsyslog. */
export function needsRsyslog(): NeedOptions {
  return needsPackage('rsyslog rsyslog-gnutls', isInstalled(SERVER) && isInstalled(GNUTLS))
}

/** What rsyslog has understood of a message. */
export interface SyslogLine {
  readonly priority: string
  readonly timestamp: string
  readonly hostname: string
  readonly appName: string
  readonly procId: string
  readonly msgId: string
  readonly structuredData: string
  readonly text: string
}

/** An rsyslog that takes messages by TCP and UDP, or by TLS, and writes what it understands. */
export function startRsyslog(hasTls = false): Promise<ServerProcess> {
  return ServerProcess.launch({
    name: 'rsyslog',
    command: 'sh',
    args: ({ folder }) => {
      const files = `-f ${folder}/rsyslog.conf -iNONE`
      return ['-c', `echo starting; exec ${SERVER} -n ${files}`]
    },
    ready: /^starting$/,
    prepare: async ({ folder, port }) => {
      const certificates = hasTls ? putServerCertificates(folder) : undefined
      const path = join(folder, 'rsyslog.conf')
      writeFileSync(path, configurationOf(folder, port, certificates))
      giveToServer(path)
    },
  })
}

/** All messages, in the order they came. */
export function syslogLines({ folder }: ServerProcess): readonly SyslogLine[] {
  const path = join(folder, 'messages')
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => {
    const [priority, timestamp, hostname, appName, procId, msgId, structuredData, ...rest] =
      line.split('|')
    return {
      priority: priority ?? '',
      timestamp: timestamp ?? '',
      hostname: hostname ?? '',
      appName: appName ?? '',
      procId: procId ?? '',
      msgId: msgId ?? '',
      structuredData: structuredData ?? '',
      text: rest.join('|'),
    }
  })
}

function configurationOf(
  folder: string,
  port: number,
  pem: DevelopmentCertificates | undefined,
): string {
  const columns = [...FIELDS, 'STRUCTURED-DATA', 'msg'].map((name) => `%${name}%`).join('|')
  const tls = 'StreamDriver.name="gtls" StreamDriver.mode="1" StreamDriver.authmode="anon"'
  const files = [
    ['CA', pem?.cacertfile],
    ['Cert', pem?.certfile],
    ['Key', pem?.keyfile],
  ] as const
  const certificates = files.map(
    ([name, path]) => `global(DefaultNetstreamDriver${name}File="${path}")`,
  )
  return [
    `global(workDirectory="${folder}")`,
    ...(pem === undefined ? [] : certificates),
    `module(load="imtcp" ${pem === undefined ? '' : tls})`,
    `input(type="imtcp" address="127.0.0.1" port="${port}")`,
    'module(load="imudp")',
    `input(type="imudp" address="127.0.0.1" port="${port}")`,
    `template(name="all" type="string" string="${columns}\\n")`,
    `action(type="omfile" file="${folder}/messages" template="all")`,
    '',
  ].join('\n')
}
