/** A real broker whose rules send to other systems and read from them. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { startBroker, type BrokerOptions, type TestBroker } from '#app/start-broker.ts'
import type { NodeIntegration } from '#app/node-integrations.ts'
import { printHocon } from '#config/hocon/print.ts'
import type { Plain } from '#config/hocon/value.ts'
import { type MqttClient, connectAsync } from 'mqtt'

const LIMIT_MS = 20_000
const STEP_MS = 10
const SOCKETS: ReadonlySet<string> = new Set(['TCPServerWrap', 'TCPSocketWrap', 'UDPWrap'])

/** Waits until something is so; fails with the last reason why not. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  limitMs = LIMIT_MS,
): Promise<void> {
  const endsAtMs = performance.now() + limitMs
  while (!(await isSo())) {
    assert.ok(performance.now() < endsAtMs, `it did not come about: ${what}`)
    await pause(STEP_MS)
  }
}

/** Sockets that this process has open, those that listen included. */
export function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => SOCKETS.has(kind)).length
}

/** Configuration text of what is written as an object. */
export function conf(tree: Plain): string {
  return printHocon(tree)
}

/** A rule that sends what is published below `t/` to actions. */
export function ruleTo(...actions: readonly string[]): Plain {
  return { rule_engine: { rules: { out: { sql: 'SELECT * FROM "t/#"', actions } } } }
}

/** A broker with integrations that ends with the test. */
export async function startIntegrated(
  context: TestContext,
  trees: readonly Plain[],
  options: BrokerOptions = {},
): Promise<TestBroker> {
  const broker = await startBroker({
    threads: 'inline',
    ...options,
    config: trees.map(conf).join('\n'),
  })
  context.after(() => broker.stop())
  return broker
}

/** A connected client. */
export async function clientOf(
  context: TestContext,
  broker: TestBroker,
  clientId = 'tester',
): Promise<MqttClient> {
  const client = await connectAsync(`mqtt://127.0.0.1:${broker.port('tcp:default')}`, { clientId })
  context.after(() => client.endAsync(true))
  return client
}

/** Publishes numbered messages one after the other; their payloads are `{"n":0}` and so on. */
export async function publishNumbers(
  client: MqttClient,
  from: number,
  to: number,
  topic = 't/1',
): Promise<void> {
  for (let n = from; n < to; n++) {
    await client.publishAsync(topic, JSON.stringify({ n }), { qos: 1 })
  }
}

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const PUBLISHER = { traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01`, tracestate: 'a=1' }

/** Configuration in which messages that carry a trace go on with it. */
export const TRACING: Plain = { opentelemetry: { traces: { enable: true } } }

/** Publishes `{"n":0}`, which is traced, and `{"n":1}`, which is not. */
export async function publishTraced(context: TestContext, broker: TestBroker): Promise<void> {
  const url = `mqtt://127.0.0.1:${broker.port('tcp:default')}`
  const client = await connectAsync(url, { protocolVersion: 5 })
  context.after(() => client.endAsync(true))
  const properties = { userProperties: PUBLISHER }
  await client.publishAsync('t/1', '{"n":0}', { qos: 1, properties })
  await publishNumbers(client, 1, 2)
}

/** Asserts that what `publishTraced` has sent came with these headers, and no others. */
export function assertTraced([traced, other]: readonly unknown[]): void {
  const { traceparent, ...rest } = { ...(traced as Record<string, unknown>) }
  assert.match(String(traceparent), new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-01$`))
  assert.notEqual(traceparent, PUBLISHER.traceparent, 'the span of the publisher is not the parent')
  assert.deepEqual(rest, { tracestate: 'a=1' })
  assert.deepEqual({ ...(other as object | undefined) }, {})
}

/** How one of them does. */
export async function readingOf(
  broker: TestBroker,
  kind: NodeIntegration['kind'],
  id: string,
): Promise<NodeIntegration> {
  const all = await broker.node.integrations.read()
  const found = all.find((one) => one.kind === kind && `${one.type}:${one.name}` === id)
  assert.ok(found, `there is no ${kind} ${id}`)
  return found
}

/** Waits for a status; fails with the reason of another one. */
export async function untilStatus(
  broker: TestBroker,
  kind: NodeIntegration['kind'],
  id: string,
  status: NodeIntegration['status']['status'],
): Promise<NodeIntegration> {
  let last: NodeIntegration | undefined
  try {
    await until(`${kind} ${id} ${status}`, async () => {
      last = await readingOf(broker, kind, id)
      return last.status.status === status
    })
  } catch (error) {
    throw new Error(`${kind} ${id} is ${JSON.stringify(last?.status)}`, { cause: error })
  }
  assert.ok(last)
  return last
}

/** Waits until an action has delivered or given up so many records. */
export async function untilCount(
  broker: TestBroker,
  id: string,
  name: string,
  count: number,
): Promise<NodeIntegration> {
  let last: NodeIntegration | undefined
  try {
    await until(`${id} ${name} ${count}`, async () => {
      last = await readingOf(broker, 'action', id)
      return (last.metrics[name] ?? 0) >= count
    })
  } catch (error) {
    throw new Error(`${id} has ${JSON.stringify(last)}`, { cause: error })
  }
  assert.ok(last)
  return last
}
