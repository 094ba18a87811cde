import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { IClientOptions, MqttClient } from 'mqtt'
import { findLocalListener } from '../node/local-node.ts'
import { parseInteger, parsePair, userProperties } from './parse-option.ts'

/** How a client of the command line connects. */
export interface ConnectionFlags {
  readonly host?: string
  readonly port?: number
  readonly url?: string
  readonly id?: string
  readonly username?: string
  readonly password?: string
  readonly mqttVersion: '3.1' | '3.1.1' | '5'
  readonly keepAlive: number
  readonly clean: boolean
  readonly sessionExpiry?: number
  readonly tls?: boolean
  readonly cafile?: string
  readonly cert?: string
  readonly key?: string
  readonly insecure?: boolean
  readonly willTopic?: string
  readonly willPayload?: string
  readonly willQos: 0 | 1 | 2
  readonly willRetain?: boolean
  readonly connectProperty: Readonly<Record<string, string>>
}

const CONNECT_TIMEOUT_MS = 10_000
const KEEP_ALIVE_SECONDS_MAX = 65_535
const SECONDS_MAX = 0xffff_ffff
const VERSIONS = { '3.1': 3, '3.1.1': 4, '5': 5 } as const

/** Adds the options that say where and as whom to connect. */
export function addConnectionOptions(command: Command): Command {
  return command
    .option('-h, --host <host>', 'name or address of the broker (default: the node on this host)')
    .option('-p, --port <port>', 'port (default: 1883, 8883 with --tls)', parseInteger(1, 65_535))
    .option('-L, --url <url>', 'mqtt://, mqtts://, ws:// or wss:// address, in place of both')
    .option('-i, --id <client id>', 'client identifier (default: chosen by the broker)')
    .option('-u, --username <name>', 'user name')
    .option('-P, --password <password>', 'password (or TIDEWAY_PASSWORD in the environment)')
    .addOption(
      new Option('-V, --mqtt-version <version>', 'version of MQTT')
        .choices(Object.keys(VERSIONS))
        .default('5'),
    )
    .option('-k, --keep-alive <s>', 'keep alive', parseInteger(0, KEEP_ALIVE_SECONDS_MAX), 60)
    .option('--no-clean', 'go on with the session that the broker keeps; needs --id')
    .option('-x, --session-expiry <s>', 'how long it is kept', parseInteger(0, SECONDS_MAX))
    .option('--tls', 'connect by TLS')
    .option('--cafile <file>', 'certificate authorities to trust, PEM')
    .option('--cert <file>', 'certificate of this client, PEM')
    .option('--key <file>', 'its private key, PEM')
    .option('--insecure', 'accept any certificate of the broker')
    .option('--will-topic <topic>', 'topic of the will message')
    .option('--will-payload <text>', 'its payload')
    .option('--will-qos <n>', 'its QoS', parseQos, 0)
    .option('--will-retain', 'it is retained')
    .option('--connect-property <key=value>', 'user property of CONNECT', parsePair, {})
}

/** QoS as an option. */
export function parseQos(text: string): 0 | 1 | 2 {
  if (text === '0' || text === '1' || text === '2') return Number(text) as 0 | 1 | 2
  throw new InvalidArgumentError('QoS is 0, 1 or 2.')
}

/**
 * Connects, and waits for the broker's answer.
 * @throws Error that says where it tried and what the broker answered
 */
export async function connectClient(flags: ConnectionFlags): Promise<MqttClient> {
  // Loaded here: other commands do without.
  const { connectAsync } = await import('mqtt')
  const url = addressOf(flags)
  try {
    return await connectAsync(url, clientOptions(flags))
  } catch (error) {
    const reason = error instanceof Error ? error.message || error.name : String(error)
    throw new Error(`cannot connect to ${url}: ${reason}`, { cause: error })
  }
}

function addressOf({ url, host, port, tls, cafile, cert, insecure }: ConnectionFlags): string {
  if (url !== undefined) return url
  const isSecure = tls === true || cafile !== undefined || cert !== undefined || insecure === true
  const scheme = isSecure ? 'mqtts' : 'mqtt'
  const usual = isSecure ? 8883 : 1883
  if (host !== undefined || port !== undefined) {
    return `${scheme}://${host ?? 'localhost'}:${port ?? usual}`
  }
  const found = findLocalListener(isSecure ? 'ssl' : 'tcp')
  return `${scheme}://${found?.host ?? 'localhost'}:${found?.port ?? usual}`
}

function clientOptions(flags: ConnectionFlags): IClientOptions {
  const { mqttVersion, cafile, cert, key, willTopic } = flags
  const isV5 = mqttVersion === '5'
  const password = flags.password ?? process.env['TIDEWAY_PASSWORD']
  const expiry = flags.sessionExpiry ?? (flags.clean ? undefined : SECONDS_MAX)
  return {
    protocolVersion: VERSIONS[mqttVersion],
    protocolId: mqttVersion === '3.1' ? 'MQIsdp' : 'MQTT',
    clientId: flags.id ?? (isV5 || flags.clean ? '' : undefined),
    clean: flags.clean,
    keepalive: flags.keepAlive,
    reconnectPeriod: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    rejectUnauthorized: flags.insecure !== true,
    ...(flags.username === undefined ? {} : { username: flags.username }),
    ...(password === undefined ? {} : { password }),
    ...(cafile === undefined ? {} : { ca: readFileSync(cafile) }),
    ...(cert === undefined ? {} : { cert: readFileSync(cert) }),
    ...(key === undefined ? {} : { key: readFileSync(key) }),
    ...(isV5
      ? {
          properties: {
            ...(expiry === undefined ? {} : { sessionExpiryInterval: expiry }),
            ...userProperties(flags.connectProperty),
          },
        }
      : {}),
    ...(willTopic === undefined
      ? {}
      : {
          will: {
            topic: willTopic,
            payload: Buffer.from(flags.willPayload ?? ''),
            qos: flags.willQos,
            retain: flags.willRetain === true,
          },
        }),
  } as IClientOptions
}
