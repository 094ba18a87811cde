/** One message goes to seven systems, each of which is killed and started again under load. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { connect, connectAsync } from 'mqtt'
import type { Plain } from '#config/hocon/value.ts'
import { BrokerProcess, makeFolder } from '../e2e/support/broker-process.ts'
import { launchHttp } from '../support/servers/local-server.ts'
import { freePort, type ServerProcess } from '../support/servers/server-process.ts'
import {
  clientOf,
  startIntegrated,
  until,
  untilCount,
  untilStatus,
} from './support/integration-rig.ts'
import { INFLUXDB, NATS, PGSQL, RABBITMQ, REDIS } from './support/sink-cases.ts'
import type { KitServer, SinkCase } from './support/sink-kit.ts'

/** A system that runs. */
interface Target {
  readonly type: string
  readonly connector: Plain
  readonly parameters: Plain
  readonly server: Pick<KitServer, 'start' | 'kill'>
  numbers(): readonly number[] | Promise<readonly number[]>
}

const CASES: readonly SinkCase<ServerProcess>[] = [PGSQL, REDIS, RABBITMQ, NATS, INFLUXDB]
const skip = CASES.map(({ needs }) => needs.skip).find((reason) => reason !== undefined)
/** Messages that pass while a system is away. */
const MEANWHILE = 20
const STEP_MS = 5

async function startCase(context: TestContext, one: SinkCase<ServerProcess>): Promise<Target> {
  const server = await one.start()
  context.after(() => server.remove())
  await one.prepare?.(server)
  const { type, parameters } = one
  const numbers = () => one.numbers(server)
  return { type, connector: one.connector(server), parameters, server, numbers }
}

async function startHttp(context: TestContext): Promise<Target> {
  const numbers: number[] = []
  const server = await launchHttp(({ body }, response) => {
    numbers.push(Number(body))
    response.end()
  })
  context.after(() => server.remove())
  const connector = { url: `http://127.0.0.1:${server.port}` }
  const parameters = { body: '${payload.n}' }
  return { type: 'http', connector, parameters, server, numbers: () => numbers }
}

/** Another broker of this kind, which keeps on disk what it has acknowledged. */
async function startBroker(context: TestContext): Promise<Target> {
  const port = await freePort()
  const options = {
    dataDir: join(makeFolder(context), 'data'),
    config: `listeners.tcp.default.bind = "127.0.0.1:${port}"`,
  }
  let broker = await BrokerProcess.start(options)
  const url = `mqtt://127.0.0.1:${port}`
  const reader = { clientId: 'reader', clean: false }
  const first = await connectAsync(url, reader)
  await first.subscribeAsync('kept/#', { qos: 1 })
  await first.endAsync()
  return {
    type: 'mqtt',
    connector: { server: `127.0.0.1:${port}` },
    parameters: { topic: 'kept/${clientid}', qos: '1', payload: '${payload.n}' },
    server: {
      kill: () => broker.kill(),
      start: async () => {
        broker = await BrokerProcess.start(options)
      },
    },
    async numbers() {
      const numbers: number[] = []
      const client = connect(url, reader) // What was kept comes at once.
      client.on('message', (_, payload) => numbers.push(Number(payload.toString())))
      client.publish('kept/end', '-1', { qos: 1 })
      await until('all that was kept has come', () => numbers.includes(-1))
      await client.endAsync()
      return numbers.filter((n) => n >= 0)
    },
  }
}

suite('seven systems', skip === undefined ? {} : { skip }, () => {
  test('lose nothing while each is killed and started again under load', async (context) => {
    const targets: Target[] = []
    // One after the other: some are set up by programs that keep this process waiting.
    for (const one of CASES) targets.push(await startCase(context, one))
    targets.push(await startHttp(context), await startBroker(context))
    const options = { health_check_interval: '200ms' }
    const trees = targets.flatMap(({ type, connector, parameters }) => [
      { connectors: { [type]: { c: { ...(connector as object), resource_opts: options } } } },
      { actions: { [type]: { a: { connector: 'c', parameters, resource_opts: options } } } },
    ])
    const actions = targets.map(({ type }) => `${type}:a`)
    const out = { sql: 'SELECT * FROM "t/#"', actions }
    const broker = await startIntegrated(context, [...trees, { rule_engine: { rules: { out } } }])
    for (const id of actions) await untilStatus(broker, 'action', id, 'connected')

    const client = await clientOf(context, broker)
    let published = 0
    let isLoaded = true
    const load = (async () => {
      while (isLoaded) {
        await client.publishAsync('t/1', JSON.stringify({ n: published }), { qos: 1 })
        published++
        await pause(STEP_MS)
      }
    })()
    const more = async (): Promise<void> => {
      const enough = published + MEANWHILE
      await until('more is published', () => published >= enough)
    }
    for (const { server } of targets) {
      await more()
      await server.kill()
    }
    await more()
    await Promise.all(targets.map(({ server }) => server.start()))
    await more()
    isLoaded = false
    await load

    const all = [...Array(published).keys()]
    for (const { type, numbers } of targets) {
      await untilCount(broker, `${type}:a`, 'success', published)
      const found = [...new Set(await numbers())].toSorted((a, b) => a - b)
      assert.deepEqual(found, all, type)
    }
  })
})
