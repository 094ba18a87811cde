/** Numbers, log lines and traces as a collector of OpenTelemetry gets them. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { ConfigStore, loadWithOverlay } from '#app/config-store.ts'
import { startBroker } from '#app/start-broker.ts'
import { startManagement } from '#app/start-management.ts'
import { LogLevel } from '#kernel/system/log-record.ts'
import { openLogHandlers } from '#kernel/system/log-handlers.ts'
import type { IPublishPacket, MqttClient } from 'mqtt'
import { until as untilWithin } from '../integrations/support/integration-rig.ts'
import { launchHttp, type ReceivedRequest } from '../support/servers/local-server.ts'
import {
  type Collector,
  type CollectorProtocol,
  type ReceivedSpan,
  startCollector,
} from '../support/servers/otlp-collector.ts'
import { type ManagedBroker, type ManagedOptions, startManaged } from './support/managed-broker.ts'

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const PARENT_ID = 'b7ad6b7169203331'
const CARRIED = { traceparent: `00-${TRACE_ID}-${PARENT_ID}-01`, tracestate: 'a=1' }
const PATIENT = 'scheduled_delay = 10ms'

/** Machines under load take their time. */
function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  return untilWithin(what, isSo, 60_000)
}

async function collectorFor(
  context: TestContext,
  protocol: CollectorProtocol = 'grpc',
): Promise<Collector> {
  const collector = await startCollector(protocol)
  context.after(() => collector.close())
  return collector
}

/** A broker that exports to the collector. */
async function exporting(
  context: TestContext,
  { port }: Collector,
  config: string,
  options: ManagedOptions = {},
): Promise<ManagedBroker> {
  const address = `opentelemetry.exporter.endpoint = "http://127.0.0.1:${port}"`
  const managed = await startManaged({ ...options, config: `${address}\n${config}` })
  context.after(() => managed.stop())
  return managed
}

/** The next message, with its packet. */
function next(client: MqttClient): Promise<IPublishPacket> {
  return new Promise((resolve) => client.once('message', (_topic, _payload, got) => resolve(got)))
}

function carriedBy(packet: IPublishPacket): Readonly<Record<string, unknown>> {
  return { ...packet.properties?.userProperties }
}

/** Waits for a span of this name of which the rest holds. */
async function spanOf(
  { spans }: Collector,
  name: string,
  holds: (span: ReceivedSpan) => boolean = () => true,
): Promise<ReceivedSpan> {
  const find = () => spans.find((span) => span.name === name && holds(span))
  await until(`a span ${name}`, () => find() !== undefined)
  const span = find()
  assert.ok(span)
  return span
}

describe('numbers', () => {
  for (const [protocol, compression] of [
    ['grpc', 'gzip'],
    ['http_protobuf', 'gzip'],
    ['http_protobuf', 'none'],
  ] as const) {
    it(`come under the names of EMQX over ${protocol}, compression ${compression}`, async (t) => {
      const collector = await collectorFor(t, protocol)
      const managed = await exporting(
        t,
        collector,
        `opentelemetry { exporter { protocol = ${protocol}, compression = ${compression} }
           exporter.headers { X-Who = me }
           metrics { enable = true, interval = 100ms } }`,
        { threads: 'inline' },
      )
      await managed.call('POST', '/publish', { body: { topic: 'a', payload: 'x' } })
      const published = () =>
        collector.metrics.find(({ name, points }) => {
          return name === 'messages.publish' && (points[0]?.value ?? 0) > 0
        })
      await until('the message is counted', () => published() !== undefined)
      const counter = published()
      assert.deepEqual([counter?.isCounter, counter?.isMonotonic, counter?.unit], [true, true, '1'])
      assert.equal(counter?.resource['service.name'], 'tideway')
      assert.equal(counter.resource['service.instance.id'], 'tideway@127.0.0.1')
      const named = (wanted: string) => collector.metrics.find(({ name }) => name === wanted)
      assert.equal(named('connections.count')?.isCounter, false)
      assert.equal(named('bytes.received')?.unit, 'By')
      assert.ok((named('total.memory')?.points[0]?.value ?? 0) > 1e6)
      assert.equal(named('tideway_shard_sessions')?.points[0]?.attributes.shard, '0')
      const { headers } = collector
      const encoding = headers['content-encoding'] ?? headers['grpc-encoding'] ?? 'none'
      assert.deepEqual([headers['x-who'], encoding], ['me', compression])
    })
  }
})

describe('without REST API and dashboard', () => {
  it('numbers are exported all the same', async (t) => {
    const collector = await collectorFor(t)
    const broker = await startBroker({ threads: 'inline' })
    t.after(() => broker.stop())
    const text = `
      node.data_dir = ${JSON.stringify(broker.dataDir)}
      dashboard.listeners.http.bind = 0
      opentelemetry { exporter.endpoint = "http://127.0.0.1:${collector.port}"
        metrics { enable = true, interval = 100ms } }`
    const layers = { files: [{ source: 'test', text }] }
    const { config } = loadWithOverlay(layers)
    assert.ok(config)
    const { node, log, recentLog, logLevels } = broker
    const management = await startManagement({
      store: new ConfigStore(layers, config),
      version: '0.0.0',
      log,
      recentLog,
      logLevels,
      node,
    })
    t.after(() => management?.stop())
    assert.deepEqual(management?.addresses, [])
    await until('numbers', () => collector.metrics.length > 0)
  })
})

describe('log lines', () => {
  it('come from the level on, with their fields, whatever the log itself shows', async (t) => {
    const collector = await collectorFor(t)
    const handlers = openLogHandlers({ handlers: [], primaryLevel: 'debug', moduleLevels: {} })
    await exporting(
      t,
      collector,
      `opentelemetry.logs { enable = true, level = info, ${PATIENT} }`,
      {
        threads: 'inline',
        tapLog: handlers.tap,
      },
    )
    assert.equal(handlers.levels[0], LogLevel.info)
    const line = {
      timeMs: 1_700_000_000_123,
      module: 'broker',
      fields: { clientid: 'c', n: 3, why: { a: [1] } },
    } as const
    handlers.write({ ...line, level: 'debug', message: 'unseen' })
    handlers.write({ ...line, level: 'info', message: 'seen' })
    await until('the line', () => collector.lines.length > 0)
    const [seen] = collector.lines
    assert.deepEqual([seen?.body, seen?.severity], ['seen', 9])
    assert.deepEqual(seen?.attributes, { module: 'broker', clientid: 'c', n: 3, why: '{"a":[1]}' })
  })
})

describe('traces', () => {
  it('go on where a message carries one, through to its subscribers in any shard', async (t) => {
    const collector = await collectorFor(t)
    const managed = await exporting(
      t,
      collector,
      `opentelemetry.traces { enable = true, ${PATIENT} }`,
      {
        shards: 2,
      },
    )
    const subscribers = await Promise.all(['s1', 's2', 's3', 's4'].map((id) => managed.connect(id)))
    for (const one of subscribers) await one.subscribeAsync('t/#', { qos: 1 })
    const publisher = await managed.connect('p')
    const all = Promise.all(subscribers.map(next))
    await publisher.publishAsync('t/1', 'x', { qos: 1, properties: { userProperties: CARRIED } })
    const got = await all
    const process = await spanOf(collector, 'process_message')
    assert.deepEqual(
      [process.traceId, process.parentId, process.state],
      [TRACE_ID, PARENT_ID, 'a=1'],
    )
    assert.equal(process.attributes['client.clientid'], 'p')
    assert.equal(process.attributes['message.topic'], 't/1')
    for (const [index, packet] of got.entries()) {
      const { traceparent, tracestate } = carriedBy(packet)
      assert.deepEqual([traceparent, tracestate], [`00-${TRACE_ID}-${process.spanId}-01`, 'a=1'])
      const to = `s${index + 1}`
      const sent = await spanOf(collector, 'send_published_message', ({ attributes }) => {
        return attributes['client.clientid'] === to
      })
      assert.deepEqual([sent.traceId, sent.parentId], [TRACE_ID, process.spanId])
      assert.ok(sent.endMs >= sent.startMs)
    }
    // Without a trace, and with one that is not recorded, nothing is.
    const plain = next(subscribers[0] as MqttClient)
    await publisher.publishAsync('t/2', 'x')
    assert.deepEqual(carriedBy(await plain), {})
    const unsampled = { traceparent: CARRIED.traceparent.replace(/01$/, '00') }
    const other = next(subscribers[0] as MqttClient)
    await publisher.publishAsync('t/3', 'x', { properties: { userProperties: unsampled } })
    assert.deepEqual(carriedBy(await other), unsampled)
    await publisher.publishAsync('t/4', 'x', { qos: 1, properties: { userProperties: CARRIED } })
    const isLast = ({ attributes }: ReceivedSpan): boolean => attributes['message.topic'] === 't/4'
    await spanOf(collector, 'process_message', isLast)
    const topics = collector.spans.map(({ attributes }) => attributes['message.topic'])
    assert.ok(!topics.includes('t/2') && !topics.includes('t/3'))
  })

  it('lead from end to end: publish, route, rule, action, and on to another system', async (t) => {
    const collector = await collectorFor(t, 'http_protobuf')
    const requests: ReceivedRequest[] = []
    const hook = await launchHttp((request, response) => {
      requests.push(request)
      response.end('{}')
    })
    t.after(() => hook.remove())
    const republish = '{ function = republish, args { topic = "out/1", payload = "y" } }'
    const managed = await exporting(
      t,
      collector,
      `opentelemetry { exporter.protocol = http_protobuf
         traces { enable = true, ${PATIENT}, filter { trace_mode = e2e
           e2e_tracing_options { client_messaging = true, sample_ratio = "100%", msg_trace_level = 1
             client_connect_disconnect = true, client_subscribe_unsubscribe = true } } } }
       connectors.http.hook.url = "http://127.0.0.1:${hook.port}"
       actions.http.send { connector = hook, parameters {} }
       rule_engine.rules.r {
         sql = "SELECT * FROM \\"in/#\\"", actions = ["http:send", ${republish}]
       }`,
      { threads: 'inline' },
    )
    const subscriber = await managed.connect('s')
    await subscriber.subscribeAsync('out/#', { qos: 1 })
    const publisher = await managed.connect('p')
    const arrived = next(subscriber)
    await publisher.publishAsync('in/1', 'x', { qos: 1 })
    const got = await arrived
    await until('the request', () => requests.length > 0)
    const root = await spanOf(collector, 'client.publish')
    assert.deepEqual([root.parentId, root.attributes['cluster.id']], ['', 'emqxcl'])
    const isOf =
      (parent: ReceivedSpan) =>
      (span: ReceivedSpan): boolean =>
        span.traceId === root.traceId && span.parentId === parent.spanId
    const route = await spanOf(collector, 'message.route', isOf(root))
    const rule = await spanOf(collector, 'broker.rule_engine.apply', isOf(route))
    assert.equal(rule.attributes['rule.id'], 'r')
    const action = (id: string) =>
      spanOf(collector, 'broker.rule_engine.action', (span) => {
        return isOf(rule)(span) && span.attributes['action.id'] === id
      })
    const sent = await action('http:send')
    const expected = `00-${root.traceId}-${sent.spanId}-01`
    assert.equal(requests[0]?.headers['traceparent'], expected)
    const again = await spanOf(collector, 'client.publish', isOf(await action('republish')))
    const routedAgain = await spanOf(collector, 'message.route', isOf(again))
    assert.equal(carriedBy(got).traceparent, `00-${root.traceId}-${routedAgain.spanId}-01`)
    await spanOf(collector, 'broker.publish', isOf(routedAgain))
    await spanOf(collector, 'client.puback', isOf(routedAgain))
    const connect = await spanOf(collector, 'client.connect', ({ attributes }) => {
      return attributes['client.clientid'] === 'p'
    })
    await spanOf(collector, 'client.authn', ({ parentId }) => parentId === connect.spanId)
    const subscribe = await spanOf(collector, 'client.subscribe')
    assert.equal(subscribe.attributes['message.topic'], 'out/#')
    await publisher.endAsync()
    const gone = await spanOf(collector, 'client.disconnect')
    assert.equal(gone.attributes['client.clientid'], 'p')
  })

  it('are switched, and aimed at clients and topics, while the node runs', async (t) => {
    const collector = await collectorFor(t)
    const managed = await exporting(t, collector, '', { threads: 'inline' })
    const publisher = await managed.connect('p')
    const publish = (topic: string) => publisher.publishAsync(topic, 'x', { qos: 1 })
    await publish('before')
    const traces = {
      enable: true,
      scheduled_delay: '10ms',
      filter: {
        trace_mode: 'e2e',
        e2e_tracing_options: { sample_ratio: '0%', topic_match_rules_max: 2 },
      },
    }
    const changed = await managed.call('PUT', '/opentelemetry', { body: { traces } })
    assert.equal(changed.status, 200, JSON.stringify(changed.body))
    assert.equal(changed.body.traces.filter.trace_mode, 'e2e')
    const list = '/opentelemetry/whitelist/topic'
    const many = await managed.call('POST', list, { body: ['a', 'b', 'c'] })
    assert.deepEqual([many.status, many.body.code], [400, 'BAD_REQUEST'])
    assert.equal((await managed.call('POST', list, { body: ['listed/+'] })).status, 204)
    assert.deepEqual((await managed.call('GET', list)).body, ['listed/+'])
    await publish('other')
    await publish('listed/1')
    await spanOf(collector, 'client.publish')
    const clients = '/opentelemetry/whitelist/clientid'
    assert.equal((await managed.call('POST', clients, { body: ['p'] })).status, 204)
    await publish('by-client')
    await spanOf(collector, 'client.publish', ({ attributes }) => {
      return attributes['message.topic'] === 'by-client'
    })
    const off = await managed.call('PUT', '/opentelemetry', { body: { traces: { enable: false } } })
    assert.equal(off.status, 200)
    const count = collector.spans.length
    await publish('after')
    assert.equal((await managed.broker.node.takeSpans())[0]?.count, 0)
    assert.equal(collector.spans.length, count)
    const topics = new Set(collector.spans.map(({ attributes }) => attributes['message.topic']))
    assert.deepEqual(topics, new Set(['listed/1', 'by-client']))
  })
})

describe('a collector that is away', () => {
  it('harms nobody: what finds no room is dropped and counted, and then it goes on', async (t) => {
    const collector = await collectorFor(t)
    collector.isAway = true
    const managed = await exporting(
      t,
      collector,
      `opentelemetry.traces {
         enable = true, ${PATIENT}, max_queue_size = 5, filter.trace_all = true
       }`,
      { threads: 'inline' },
    )
    const publisher = await managed.connect('p')
    const figures = () => managed.management.context.telemetry.figures()[2]
    const publish = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) await publisher.publishAsync('t', 'x', { qos: 1 })
    }
    await publish(3)
    await until('an export fails', () => (figures()?.failed ?? 0) > 0)
    await publish(20)
    collector.isAway = false
    await until('it goes on', () => (figures()?.dropped ?? 0) > 0 && collector.spans.length >= 6)
    const events = managed.broker.lines.map(({ message }) => message)
    assert.equal(events.filter((event) => event === 'opentelemetry_export_failed').length, 1)
    await until('it is told', () => {
      return managed.broker.lines.some(({ message }) => message === 'opentelemetry_export_restored')
    })
    const { body } = await managed.call('GET', '/prometheus/stats', { auth: '' })
    assert.match(body, /^tideway_opentelemetry_dropped\{signal="traces"\} [1-9]\d*$/m)
  })

  it('that refuses for good is not asked again with the same', async (t) => {
    const collector = await collectorFor(t)
    collector.failure = 3 // INVALID_ARGUMENT
    const config = `opentelemetry.traces { enable = true, ${PATIENT}, filter.trace_all = true }`
    const managed = await exporting(t, collector, config, { threads: 'inline' })
    const publisher = await managed.connect('p')
    await publisher.publishAsync('t', 'x', { qos: 1 })
    const figures = () => managed.management.context.telemetry.figures()[2]
    await until('it is dropped', () => figures()?.dropped === 1)
    collector.failure = 0
    await publisher.publishAsync('t', 'x', { qos: 1 })
    await until('the next one is taken', () => figures()?.exported === 1)
  })
})

describe('the settings', () => {
  it('hide headers, keep them when they come back, and name what is wrong', async (t) => {
    const collector = await collectorFor(t)
    const managed = await exporting(
      t,
      collector,
      'opentelemetry { exporter.headers { authorization = "Bearer s3cret" } }',
      { threads: 'inline' },
    )
    const shown = (await managed.call('GET', '/opentelemetry')).body
    assert.deepEqual(shown.exporter.headers, { authorization: '******' })
    shown.metrics = { enable: true, interval: '100ms' }
    const changed = await managed.call('PUT', '/opentelemetry', { body: shown })
    assert.equal(changed.status, 200, JSON.stringify(changed.body))
    await until('numbers', () => collector.metrics.length > 0)
    assert.equal(collector.headers['authorization'], 'Bearer s3cret')
    const others = { exporter: { headers: { 'x-who': 'me' } } }
    const dropped = await managed.call('PUT', '/opentelemetry', { body: others })
    assert.deepEqual(Object.keys(dropped.body.exporter.headers), ['x-who'])
    const exporter = { endpoint: 'collector:4317' }
    const wrong = await managed.call('PUT', '/opentelemetry', { body: { exporter } })
    assert.equal(wrong.status, 400)
    assert.match(wrong.body.message, /exporter\.endpoint must be an address/)
    const ssl = { exporter: { ssl_options: { enable: true, cacertfile: '/nowhere/ca.pem' } } }
    const unread = await managed.call('PUT', '/opentelemetry', { body: ssl })
    assert.equal(unread.status, 400)
    assert.match(unread.body.message, /nowhere\/ca\.pem/)
    assert.equal(
      (await managed.call('GET', '/opentelemetry')).body.exporter.ssl_options.enable,
      false,
    )
  })
})
