import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DevelopmentCertificates } from '#net/certificate/development-certificates.ts'
import { firstLine, freePort, type Launcher, startProcess } from './run-process.ts'

/** A broker that runs. */
export interface RunningBroker {
  readonly name: string
  readonly host: string
  readonly port: number
  /** Undefined: no TLS. */
  readonly tlsPort: number | undefined
  /** Undefined: its CPU time is not known. */
  readonly pid: number | undefined
  /** How it ended by itself, with what it wrote last; undefined while it runs. */
  ended(): string | undefined
  stop(): Promise<void>
}

/** What brokers are started with. */
export interface BrokerSite {
  /** A new empty folder for each start. */
  readonly folder: () => string
  readonly certificates: DevelopmentCertificates
  readonly launcher: Launcher
}

/** A broker that can be started, or is there already. */
export interface Broker {
  readonly name: string
  /** What it is, with version and configuration. */
  readonly description: string
  /** False: it was running before, and cannot be started anew. */
  readonly isOwn: boolean
  start(site: BrokerSite): Promise<RunningBroker>
}

const MAIN = fileURLToPath(import.meta.resolve('#app/main.ts'))
const AEDES = fileURLToPath(new URL('../peers/aedes.ts', import.meta.url))
const LOOPBACK = '127.0.0.1'

/**
 * Tideway with so many shards: as shipped, but for ports, the length of queues, the window of
 * messages under way to a client (that of Mosquitto here), and the pace of retained messages to new
 * subscribers (1000/s), which others do not have.
 */
export function tideway(name: string, shards: number): Broker {
  return {
    name,
    description: `Tideway, shards: ${shards}, durability batch, unlimited queues, window of 100`,
    isOwn: true,
    async start({ folder, certificates, launcher }) {
      const [port, tlsPort] = [await freePort(), await freePort()]
      const dataDir = folder()
      const { certfile, keyfile } = certificates
      const file = join(dataDir, 'tideway.conf')
      const text = (path: string): string => JSON.stringify(path)
      writeFileSync(
        file,
        `node { shards = ${shards}, data_dir = ${text(join(dataDir, 'data'))} }
        dashboard.listeners.http.bind = 0
        listeners.tcp.default.bind = "${LOOPBACK}:${port}"
        listeners.ssl.default {
          bind = "${LOOPBACK}:${tlsPort}"
          ssl_options { certfile = ${text(certfile)}, keyfile = ${text(keyfile)} }
          ssl_options.versions = ["tlsv1.3"]
        }
        listeners { ws.default.enable = false, wss.default.enable = false }
        mqtt { max_mqueue_len = infinity, max_mqueue_bytes = infinity, max_inflight = 100 }
        retainer.delivery_rate = "1000000/s"
        log.console.level = error
        `,
      )
      const command = [process.execPath, MAIN, '--config', file]
      return running(name, port, tlsPort, command, launcher)
    },
  }
}

/**
 * Mosquitto with the configuration that Debian ships, but for ports, log, the length of queues, and
 * the window of messages under way: with its own of 20 it cuts publishers of QoS 2 off that have
 * more under way, and the generator has 100.
 * @param extra further lines of its configuration
 */
export function mosquitto(name: string, extra: readonly string[] = []): Broker | undefined {
  const version = firstLine('mosquitto', ['-h'])
  if (version === undefined) return undefined
  const also = extra.length === 0 ? '' : `, ${extra.join(', ')}`
  return {
    name,
    description: `${version}, persistence as shipped, unlimited queues, window of 100${also}`,
    isOwn: true,
    async start({ folder, certificates, launcher }) {
      const [port, tlsPort] = [await freePort(), await freePort()]
      const dataDir = folder()
      mkdirSync(join(dataDir, 'data'), { mode: 0o777 })
      const file = join(dataDir, 'mosquitto.conf')
      const lines = [
        'user root',
        'persistence true',
        `persistence_location ${join(dataDir, 'data')}/`,
        'log_type error',
        'log_dest stderr',
        'allow_anonymous true',
        'max_queued_messages 0',
        'max_inflight_messages 100',
        'set_tcp_nodelay true',
        ...extra,
        `listener ${port} ${LOOPBACK}`,
        `listener ${tlsPort} ${LOOPBACK}`,
        `certfile ${certificates.certfile}`,
        `keyfile ${certificates.keyfile}`,
        'tls_version tlsv1.3',
      ]
      writeFileSync(file, `${lines.join('\n')}\n`)
      return running(name, port, tlsPort, ['mosquitto', '-c', file], launcher)
    },
  }
}

/** Aedes, in memory, with everything as it comes. */
export function aedes(name: string): Broker {
  const packageFile = fileURLToPath(new URL('package.json', import.meta.resolve('aedes')))
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }
  return {
    name,
    description: `Aedes ${version}, in memory`,
    isOwn: true,
    async start({ certificates, launcher }) {
      const [port, tlsPort] = [await freePort(), await freePort()]
      const { certfile, keyfile } = certificates
      const ports = [String(port), String(tlsPort)]
      const command = [process.execPath, AEDES, ...ports, certfile, keyfile]
      return running(name, port, tlsPort, command, launcher)
    },
  }
}

/**
 * A broker that runs already, as `NAME=host:port[:pid]`.
 * @throws an Error when the text has another form
 */
export function external(text: string): Broker {
  const [, name, host, port, pid] = /^([\w.-]+)=([^:]+):(\d+)(?::(\d+))?$/.exec(text) ?? []
  if (name === undefined || host === undefined) {
    throw new Error(`${text}: a broker is given as NAME=host:port or NAME=host:port:pid`)
  }
  return {
    name,
    description: `running at ${host}:${port}`,
    isOwn: false,
    start: () =>
      Promise.resolve({
        name,
        host,
        port: Number(port),
        tlsPort: undefined,
        pid: pid === undefined ? undefined : Number(pid),
        ended: () => undefined,
        stop: () => Promise.resolve(),
      }),
  }
}

async function running(
  name: string,
  port: number,
  tlsPort: number,
  command: readonly string[],
  launcher: Launcher,
): Promise<RunningBroker> {
  const started = await startProcess(command, port, launcher)
  return { name, host: LOOPBACK, port, tlsPort, ...started }
}
