/** Records in buffers on disk survive a kill of the node. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { connectAsync } from 'mqtt'
import { until } from '../integrations/support/integration-rig.ts'
import { launchHttp } from '../support/servers/local-server.ts'
import { S3_LOGIN, startS3Fake } from '../support/servers/s3-fake.ts'
import { BrokerProcess, makeFolder } from './support/broker-process.ts'

/** Messages that wait for their acknowledgement at the same time. */
const WINDOW = 50

function configFor(port: number): string {
  return `
    connectors.http.c {
      url = "http://127.0.0.1:${port}"
      resource_opts.health_check_interval = 200ms
    }
    actions.http.a {
      connector = c
      parameters.body = "\${payload}"
      resource_opts { buffer_mode = disk, health_check_interval = 200ms }
    }
    rule_engine.rules.out {
      sql = """SELECT payload, clientid FROM "t/#" """
      actions = ["http:a"]
      wait_for_actions = true
    }`
}

/** Files of a few records, so that a kill finds some full, some being uploaded, one half full. */
function gatherFor(port: number): string {
  return `
    connectors.s3.c {
      host = localhost, port = ${port}
      access_key_id = "${S3_LOGIN.access_key_id}"
      secret_access_key = "${S3_LOGIN.secret_access_key}"
      resource_opts.health_check_interval = 200ms
    }
    actions.s3.a {
      connector = c
      parameters {
        mode = aggregated, bucket = plant, key = "\${sequence}"
        container.type = json_lines
        aggregation { max_records = 30, time_interval = 1s }
      }
      resource_opts { buffer_mode = disk, health_check_interval = 200ms }
    }
    rule_engine.rules.out {
      sql = """SELECT payload as n FROM "t/#" """
      actions = ["s3:a"]
      wait_for_actions = true
    }`
}

/** Publishes numbers until the broker is gone; what was acknowledged goes to `acked`. */
async function publishUntilGone(
  port: number,
  first: number,
  acked: number[],
  isEnough: () => void,
): Promise<number> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 })
  client.on('error', () => {}) // It is killed.
  let next = first
  const publishOn = async (): Promise<void> => {
    while (client.connected) {
      const n = next++
      await client.publishAsync('t/1', String(n), { qos: 1 })
      acked.push(n)
      if (acked.length % 100 === 0) isEnough()
    }
  }
  const gone = new Promise((resolve) => client.once('close', () => resolve(undefined)))
  // What is under way when the connection ends is never answered.
  for (let one = 0; one < WINDOW; one++) void publishOn().catch(() => {})
  await gone
  client.end(true)
  return next
}

async function startHook(context: TestContext) {
  const arrived = new Set<number>()
  const server = await launchHttp(({ body }, response) => {
    arrived.add(Number(body))
    response.end()
  })
  context.after(() => server.remove())
  return { server, arrived }
}

test('what was acknowledged comes, though the node is killed under load', async (context) => {
  const { server, arrived } = await startHook(context)
  const options = {
    dataDir: join(makeFolder(context), 'data'),
    shards: 2,
    config: configFor(server.port),
  }
  const acked: number[] = []
  let next = 0
  for (const isAway of [true, false]) {
    if (isAway) await server.kill()
    const broker = await BrokerProcess.start(options)
    // With the other side away everything waits on disk; with it there, some is just being sent.
    next = await publishUntilGone(broker.port(), next, acked, () => broker.signal('SIGKILL'))
    await broker.ended
    if (isAway) await server.start()
  }
  assert.ok(acked.length >= 200)
  const last = await BrokerProcess.start(options)
  await until(
    'all that was acknowledged has come',
    () => acked.every((n) => arrived.has(n)),
    60_000,
  )
  assert.deepEqual(await last.stop(), { code: 0, signal: null })
})

test('what was acknowledged is gathered for S3, though the node is killed', async (context) => {
  const server = await startS3Fake('plant')
  context.after(() => server.remove())
  const dataDir = join(makeFolder(context), 'data')
  const acked: number[] = []
  let next = 0
  for (const shards of [2, 1]) {
    const broker = await BrokerProcess.start({ dataDir, shards, config: gatherFor(server.port) })
    next = await publishUntilGone(broker.port(), next, acked, () => broker.signal('SIGKILL'))
    await broker.ended
  }
  const config = gatherFor(server.port)
  const last = await BrokerProcess.start({ dataDir, shards: 1, config })
  await until(
    'all that was acknowledged is stored',
    () => {
      const lines = [...server.objects.values()].flatMap(({ body }) => body.trim().split('\n'))
      const stored = new Set(lines.map((line) => Number(JSON.parse(line).n)))
      return acked.every((n) => stored.has(n))
    },
    60_000,
  )
  assert.deepEqual(await last.stop(), { code: 0, signal: null })
})
