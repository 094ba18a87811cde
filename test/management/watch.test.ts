/** Counted topics and slow subscribers over the REST API, with real clients. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { connectAsync, type MqttClient } from 'mqtt'
import { type ManagedBroker, startManaged } from './support/managed-broker.ts'

async function connect(managed: ManagedBroker, clientId: string): Promise<MqttClient> {
  const url = `mqtt://127.0.0.1:${managed.broker.port('tcp:default')}`
  const client = await connectAsync(url, { clientId, reconnectPeriod: 0, protocolVersion: 5 })
  client.on('error', () => {})
  return client
}

describe('counted topics', () => {
  it('count what came in, what went out and what nobody got, over all shards', async (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'tideway-topics-'))
    t.after(() => rmSync(dataDir, { recursive: true, force: true }))
    const managed = await startManaged({ shards: 2, dataDir })
    const path = `/mqtt/topic_metrics/${encodeURIComponent('t/1')}`
    for (const topic of ['t/1', 't/2']) {
      const made = await managed.call('POST', '/mqtt/topic_metrics', { body: { topic } })
      assert.equal(made.status, 204)
    }
    const again = await managed.call('POST', '/mqtt/topic_metrics', { body: { topic: 't/1' } })
    assert.deepEqual([again.status, again.body.code], [409, 'ALREADY_EXISTS'])
    const wild = await managed.call('POST', '/mqtt/topic_metrics', { body: { topic: 't/#' } })
    assert.deepEqual([wild.status, wild.body.code], [400, 'BAD_TOPIC'])
    const clients: MqttClient[] = []
    for (let index = 0; index < 6; index++) {
      const client = await connect(managed, `reader-${index}`)
      await client.subscribeAsync(index < 4 ? 't/1' : '$share/g/t/1', { qos: 1 })
      clients.push(client)
    }
    const writer = clients[0]!
    await writer.publishAsync('t/1', 'x', { qos: 1 })
    await writer.publishAsync('t/1', 'x', { qos: 0 })
    await writer.publishAsync('t/2', 'x', { qos: 1 })
    await writer.publishAsync('t/3', 'x', { qos: 1 })
    const { metrics } = (await managed.call('GET', path)).body
    assert.equal(metrics['message.in.count'], 2)
    assert.equal(metrics['message.qos1.in.count'], 1)
    assert.equal(metrics['message.out.count'], 10, 'four readers and one of the group, twice')
    assert.equal(metrics['message.qos0.out.count'], 5)
    assert.equal(metrics['message.dropped.count'], 0)
    assert.equal(typeof metrics['message.in.rate'], 'number')
    const list = (await managed.call('GET', '/mqtt/topic_metrics')).body
    assert.equal(list[1].metrics['message.dropped.count'], 1)
    const reset = { action: 'reset', topic: 't/1' }
    assert.equal((await managed.call('PUT', '/mqtt/topic_metrics', { body: reset })).status, 204)
    const after = (await managed.call('GET', path)).body
    assert.equal(after.metrics['message.in.count'], 0)
    assert.ok(Date.parse(after.reset_time) >= Date.parse(after.create_time))
    assert.equal((await managed.call('DELETE', path)).status, 204)
    assert.equal((await managed.call('GET', path)).status, 404)
    for (const client of clients) await client.endAsync(true)
    await managed.stop()
    const second = await startManaged({ shards: 2, dataDir })
    t.after(() => second.stop())
    const kept = (await second.call('GET', '/mqtt/topic_metrics')).body
    assert.deepEqual(
      kept.map(({ topic }: { topic: string }) => topic),
      ['t/2'],
    )
  })
})

describe('slow subscribers', () => {
  it('are those whose acknowledgement takes longer than the threshold', async (t) => {
    const managed = await startManaged()
    t.after(() => managed.stop())
    const on = { enable: true, threshold: '100ms', top_k_num: 2, stats_type: 'response' }
    const put = await managed.call('PUT', '/slow_subscriptions/settings', { body: on })
    assert.deepEqual([put.status, put.body.threshold, put.body.enable], [200, '100ms', true])
    const quick = await connect(managed, 'quick')
    const slow = await connect(managed, 'slow')
    slow.handleMessage = (_packet, done) => setTimeout(done, 150)
    for (const client of [quick, slow]) await client.subscribeAsync('s/#', { qos: 1 })
    await quick.publishAsync('s/1', 'x', { qos: 1 })
    const read = async () => (await managed.call('GET', '/slow_subscriptions')).body.data
    let records = await read()
    while (records.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      records = await read()
    }
    assert.deepEqual([records[0].clientid, records[0].topic], ['slow', 's/1'])
    assert.ok(records[0].timespan >= 100)
    assert.equal((await managed.call('DELETE', '/slow_subscriptions')).status, 204)
    assert.deepEqual(await read(), [])
    for (const client of [quick, slow]) await client.endAsync(true)
  })
})
