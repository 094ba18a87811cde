/** Connectors speak TLS to servers whose certificate is right, and to no others. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { before, after, suite, test, type TestContext } from 'node:test'
import { connectAsync } from 'mqtt'
import type { Plain } from '#config/hocon/value.ts'
import { makePem } from '../drivers/tls-of.ts'
import { launchHttp } from '../support/servers/local-server.ts'
import {
  MOSQUITTO_LOGIN,
  needsMosquittoServer,
  startMosquitto,
} from '../support/servers/mosquitto.ts'
import { startRedis } from '../support/servers/redis.ts'
import type { ServerProcess } from '../support/servers/server-process.ts'
import type { NeedOptions } from '../support/needs-package.ts'
import {
  clientOf,
  publishNumbers,
  readingOf,
  ruleTo,
  startIntegrated,
  until,
  untilCount,
  untilStatus,
} from './support/integration-rig.ts'
import { PGSQL, REDIS } from './support/sink-cases.ts'

/** A server that speaks TLS. */
interface SecureServer {
  /** PEM file with the authority of its certificate. */
  readonly cacertfile: string
  /** Keys of the connector. */
  connector(ssl: Plain): Plain
  readonly parameters: Plain
  numbers(): readonly number[] | Promise<readonly number[]>
}

interface SecureCase {
  readonly type: string
  readonly needs: NeedOptions
  start(context: TestContext): Promise<SecureServer>
}

const NUMBERS = 5
const REFUSED = /its certificate is refused \(.+\)\. Check ssl\.cacertfile and ssl\.server_name/

function authorityFile({ folder }: ServerProcess): string {
  return join(folder, 'certs', 'ca.pem')
}

const CASES: readonly SecureCase[] = [
  {
    type: 'pgsql',
    needs: PGSQL.needs,
    async start(context) {
      const server = await PGSQL.start()
      context.after(() => server.remove())
      await PGSQL.prepare?.(server)
      return {
        cacertfile: authorityFile(server),
        connector: (ssl) => ({ ...(PGSQL.connector(server) as object), ssl }),
        parameters: PGSQL.parameters,
        numbers: () => PGSQL.numbers(server),
      }
    },
  },
  {
    type: 'redis',
    needs: REDIS.needs,
    async start(context) {
      const { server, tlsPort } = await startRedis()
      context.after(() => server.remove())
      const { parameters } = REDIS.connector(server) as { readonly parameters: object }
      return {
        cacertfile: authorityFile(server),
        connector: (ssl) => ({
          parameters: { ...parameters, server: `127.0.0.1:${tlsPort}` },
          ssl,
        }),
        parameters: REDIS.parameters,
        numbers: () => REDIS.numbers(server),
      }
    },
  },
  {
    type: 'mqtt',
    needs: needsMosquittoServer(),
    async start(context) {
      const { server, tlsPort } = await startMosquitto()
      context.after(() => server.remove())
      const reader = await connectAsync(`mqtt://127.0.0.1:${server.port}`, MOSQUITTO_LOGIN)
      context.after(() => reader.endAsync(true))
      const numbers: number[] = []
      reader.on('message', (_, payload) => numbers.push(Number(payload.toString())))
      await reader.subscribeAsync('kept/#', { qos: 1 })
      return {
        cacertfile: authorityFile(server),
        connector: (ssl) => ({ server: `127.0.0.1:${tlsPort}`, ...MOSQUITTO_LOGIN, ssl }),
        parameters: { topic: 'kept/${clientid}', qos: '1', payload: '${payload.n}' },
        numbers: () => numbers,
      }
    },
  },
  {
    type: 'http',
    needs: {},
    async start(context) {
      const pem = makePem()
      const numbers: number[] = []
      const server = await launchHttp(({ body }, response) => {
        numbers.push(Number(body))
        response.end()
      }, pem)
      context.after(() => server.remove())
      return {
        cacertfile: writeAuthority('http', pem.ca),
        connector: (ssl) => ({ url: `https://127.0.0.1:${server.port}`, ssl }),
        parameters: { body: '${payload.n}' },
        numbers: () => numbers,
      }
    },
  },
]

let folder = ''

function writeAuthority(name: string, pem: string): string {
  const path = join(folder, `${name}.pem`)
  writeFileSync(path, pem)
  return path
}

suite('a connector with TLS', () => {
  let foreign = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tideway-tls-'))
    foreign = writeAuthority('foreign', makePem().ca)
  })
  after(() => rmSync(folder, { recursive: true }))

  for (const { type, needs, start } of CASES) {
    test(`of ${type} delivers to the right server, and to no other`, needs, async (context) => {
      const { cacertfile, connector, parameters, numbers } = await start(context)
      const base = { enable: true, verify: 'verify_peer' }
      const ssl = {
        right: { ...base, cacertfile },
        stranger: { ...base, cacertfile: foreign },
        misnamed: { ...base, cacertfile, server_name_indication: 'other.example.org' },
      }
      const names = Object.keys(ssl)
      const connectors = Object.entries(ssl).map(([name, one]) => [name, connector(one)])
      const actions = names.map((name) => [name, { connector: name, parameters }])
      const broker = await startIntegrated(context, [
        { connectors: { [type]: Object.fromEntries(connectors) } },
        { actions: { [type]: Object.fromEntries(actions) } },
        ruleTo(...names.map((name) => `${type}:${name}`)),
      ])
      await untilStatus(broker, 'action', `${type}:right`, 'connected')
      const client = await clientOf(context, broker)
      await publishNumbers(client, 0, NUMBERS)
      await untilCount(broker, `${type}:right`, 'success', NUMBERS)
      for (const name of ['stranger', 'misnamed']) {
        await until(`the reason of ${name} is known`, async () => {
          const { status } = await readingOf(broker, 'connector', `${type}:${name}`)
          return status.status === 'disconnected' && REFUSED.test(status.reason)
        })
        const { metrics } = await readingOf(broker, 'action', `${type}:${name}`)
        assert.deepEqual([metrics['matched'], metrics['success']], [NUMBERS, 0], name)
      }
      await until('all have come', async () => (await numbers()).length >= NUMBERS)
      const kept = [...(await numbers())].toSorted((a, b) => a - b)
      assert.deepEqual(kept, [...Array(NUMBERS).keys()])
    })
  }
})
