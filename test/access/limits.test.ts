/** What one client, and all together, may do at most, on a whole broker with stock clients. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { countersOf } from '#broker/metrics.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { until } from '../integrations/support/integration-rig.ts'
import { AccessRig, disconnectCode, publishCode } from './access-rig.ts'

const { CONNECTION_RATE_EXCEEDED, MESSAGE_RATE_TOO_HIGH, QUOTA_EXCEEDED, SERVER_BUSY } = ReasonCode
const DEFAULT = 'listeners.tcp.default'

async function publishMany(rig: AccessRig, count: number, payload = 'm') {
  const client = await rig.connect()
  const startMs = performance.now()
  const all = Array.from({ length: count }, () => client.publishAsync('t', payload, { qos: 1 }))
  await Promise.all(all)
  return { client, elapsedMs: performance.now() - startMs }
}

describe('a client above its rate', () => {
  test('is read later, and nothing is lost', async (context) => {
    const rig = await AccessRig.start(context, 1, `${DEFAULT}.messages_rate = "20/s"`)
    const reader = await rig.connect()
    await reader.subscribeAsync('t', { qos: 1 })
    let received = 0
    reader.on('message', () => received++)
    const { elapsedMs } = await publishMany(rig, 40)
    assert.ok(elapsedMs > 800, `${elapsedMs} ms for 40 at 20 per second`)
    assert.equal(received, 40)
    assert.ok(countersOf(rig.broker.metrics)['rate_limit.paused'] > 0)
  })

  test('has an allowance for bursts besides', async (context) => {
    const config = `${DEFAULT} { messages_rate = "20/s", messages_burst = "100/1h" }`
    const rig = await AccessRig.start(context, 1, config)
    await publishMany(rig, 110)
    assert.equal(countersOf(rig.broker.metrics)['rate_limit.paused'], 0)
  })

  test('is held to bytes as well', async (context) => {
    const rig = await AccessRig.start(context, 1, `${DEFAULT}.bytes_rate = "50KB/s"`)
    const { elapsedMs } = await publishMany(rig, 10, 'x'.repeat(10_000))
    assert.ok(elapsedMs > 700, `${elapsedMs} ms for 100 kB at 50 kB/s`)
  })

  test('is refused its messages where that is asked for', async (context) => {
    const config = `${DEFAULT} { messages_rate = "3/1m", rate_limit_action = refuse }`
    const rig = await AccessRig.start(context, 1, config)
    const client = await rig.connect()
    const codes = []
    for (const qos of [1, 2, 1, 1, 2] as const) codes.push(await publishCode(client, 't', qos))
    assert.deepEqual(codes, [0, 0, 0, QUOTA_EXCEEDED, QUOTA_EXCEEDED])
    assert.equal(countersOf(rig.broker.metrics)['rate_limit.refused'], 2)
    assert.equal(await publishCode(await rig.connect(), 't'), 0, 'each client has its own rate')
  })

  test('is sent away where that is asked for', async (context) => {
    const config = `${DEFAULT} { messages_rate = "3/1m", rate_limit_action = disconnect }`
    const rig = await AccessRig.start(context, 1, config)
    const client = await rig.connect()
    const code = disconnectCode(client)
    for (let count = 0; count < 5; count++) client.publish('t', 'm')
    assert.equal(await code, MESSAGE_RATE_TOO_HIGH)
  })
})

describe('connections above the rate of their listener', () => {
  test('wait', async (context) => {
    const rig = await AccessRig.start(context, 1, `${DEFAULT}.max_conn_rate = "10/s"`)
    const startMs = performance.now()
    await Promise.all(Array.from({ length: 20 }, () => rig.connect()))
    assert.ok(performance.now() - startMs > 800)
  })

  test('are refused with a reason where that is asked for', async (context) => {
    const config = `${DEFAULT} { max_conn_rate = "2/1m", max_conn_rate_action = refuse }`
    const rig = await AccessRig.start(context, 1, config)
    const codes = []
    for (let count = 0; count < 4; count++) codes.push(await rig.connectCode())
    const refused = CONNECTION_RATE_EXCEEDED
    assert.deepEqual(codes, [0, 0, refused, refused])
    assert.equal(await rig.connectCode({ protocolVersion: 4 }), 3)
  })
})

test('an overloaded shard refuses new connections, as it is told now', async (context) => {
  const tolerant = 'zones.tolerant.overload_protection.backoff_new_conn = false'
  const listener = 'listeners.tcp.tolerant { bind = "127.0.0.1:0", zone = tolerant }'
  const rig = await AccessRig.start(context, 1, `${tolerant}\n${listener}`)
  const client = await rig.connect()
  const noted = (text: string): number => {
    return rig.broker.lines.filter(({ message }) => message === text).length
  }
  const beBusy = (): void => {
    const busyUntilMs = performance.now() + 400
    while (performance.now() < busyUntilMs);
  }
  beBusy()
  assert.equal(await rig.connectCode(), 0, 'nobody watches')
  const on = 'overload_protection { enable = true, max_event_loop_lag = 100ms }'
  await rig.configure(`${on}\n${tolerant}\n${listener}`)
  beBusy()
  await until('overload', () => noted('overload_begins') === 1)
  assert.equal(await rig.connectCode(), SERVER_BUSY)
  assert.equal(await rig.connectCode({}, 'tcp:tolerant'), 0, 'its zone is not protected')
  assert.equal(await publishCode(client, 't'), 0, 'who is there is served')
  assert.equal(countersOf(rig.broker.metrics)['overload_protection.new_conn'], 1)
  await rig.configure(`${tolerant}\n${listener}`)
  assert.equal(await rig.connectCode(), 0)
})

test('a client that holds too much memory is sent away', async (context) => {
  const config = `
    force_shutdown.max_heap_size = 128KB
    mqtt { max_outbox_bytes = 64KB, max_packet_size = 1MB }
    durability.mode = batch`
  const rig = await AccessRig.start(context, 1, config)
  const lazy = await rig.connect({
    clientId: 'lazy',
    clean: true,
    properties: { receiveMaximum: 1 },
  })
  await lazy.subscribeAsync('t', { qos: 1 })
  lazy.handleMessage = () => {} // Nothing is acknowledged.
  const publisher = await rig.connect()
  for (let count = 0; count < 20; count++) {
    await publisher.publishAsync('t', 'x'.repeat(20_000), { qos: 1 })
  }
  // The library reads no DISCONNECT while it is busy with a message.
  const closed = () =>
    rig.broker.lines.find(({ fields }) => fields?.['reason'] === 'force_shutdown')
  await until('it is closed', () => closed() !== undefined)
  assert.equal(closed()?.fields?.['clientid'], 'lazy')
  assert.ok(publisher.connected)
  assert.equal(countersOf(rig.broker.metrics)['force_shutdown.closed'], 1)
})
