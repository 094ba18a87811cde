/** Listeners and settings that are changed while the node runs, with real clients. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { Authority } from '../access/authority.ts'
import { type ManagedBroker, startManaged } from './support/managed-broker.ts'

async function connectTo(port: number, options: IClientOptions = {}): Promise<MqttClient> {
  const given = { reconnectPeriod: 0, connectTimeout: 2000, ...options }
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, given)
  client.on('error', () => {})
  return client
}

/** Waits until the broker has closed a connection that says nothing. */
async function closedByBroker(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1').resume()
  socket.on('error', () => {})
  await new Promise((resolve) => socket.on('close', () => resolve(undefined)))
}

describe('listeners', () => {
  let managed: ManagedBroker
  before(async () => {
    managed = await startManaged({ shards: 2 })
  })
  after(() => managed.stop())

  const portOf = (id: string): number => managed.broker.port(id)

  it('are listed with their state', async () => {
    const client = await connectTo(portOf('tcp:default'))
    const { body } = await managed.call('GET', '/listeners')
    assert.deepEqual(
      body.map(({ id }: { id: string }) => id),
      ['tcp:default', 'ws:default'],
    )
    const status = { running: true, max_connections: 'infinity', current_connections: 1 }
    assert.deepEqual(body[0].status, status)
    const [tcp] = (await managed.call('GET', '/listeners_status')).body
    assert.deepEqual([tcp.type, tcp.ids, tcp.status], ['tcp', ['tcp:default'], status])
    await client.endAsync()
  })

  it('are made, changed, stopped, started and removed', async () => {
    const made = { type: 'tcp', name: 'second', bind: '127.0.0.1:0', max_connections: 1 }
    const created = await managed.call('POST', '/listeners', { body: made })
    assert.equal(created.status, 200, JSON.stringify(created.body))
    assert.equal(created.body.running, true)
    const again = await managed.call('POST', '/listeners', { body: made })
    assert.equal(again.body.code, 'ALREADY_EXISTS')
    const port = portOf('tcp:second')
    const first = await connectTo(port)
    await closedByBroker(portOf('tcp:second')) // There is room for one.
    const more = { ...created.body, max_connections: 9, mountpoint: 'm/' }
    const changed = await managed.call('PUT', '/listeners/tcp:second', { body: more })
    assert.equal(changed.status, 200, JSON.stringify(changed.body))
    assert.equal(portOf('tcp:second'), port)
    const both = [await connectTo(port), await connectTo(port)]
    await first.publishAsync('still/there', '', { qos: 1 })
    assert.ok(first.connected, 'no change of its socket, no new connection')
    const { body } = await managed.call('GET', '/listeners/tcp:second')
    assert.deepEqual([body.max_connections, body.mountpoint], [9, 'm/'])
    assert.equal(body.current_connections, 3)
    const moved = { body: { tcp_options: { backlog: 9 } } }
    const closed = new Promise((resolve) => first.on('close', () => resolve(undefined)))
    assert.equal((await managed.call('PUT', '/listeners/tcp:second', moved)).status, 200)
    await closed
    for (const client of both) await client.endAsync(true)
    assert.equal((await managed.call('POST', '/listeners/tcp:second/stop')).status, 200)
    assert.throws(() => portOf('tcp:second'))
    const stopped = (await managed.call('GET', '/listeners/tcp:second')).body
    assert.deepEqual([stopped.enable, stopped.running], [false, false])
    assert.equal((await managed.call('POST', '/listeners/tcp:second/start')).status, 200)
    await (await connectTo(portOf('tcp:second'))).endAsync()
    assert.equal((await managed.call('POST', '/listeners/tcp:second/restart')).status, 200)
    await (await connectTo(portOf('tcp:second'))).endAsync()
    assert.equal((await managed.call('DELETE', '/listeners/tcp:second')).status, 204)
    assert.equal((await managed.call('GET', '/listeners/tcp:second')).status, 404)
    assert.throws(() => portOf('tcp:second'))
  })

  it('go by other options at once, for clients that come and without losing any', async () => {
    const put = async (body: object): Promise<void> => {
      const { status, body: answer } = await managed.call('PUT', '/listeners/ws:default', { body })
      assert.equal(status, 200, JSON.stringify(answer))
    }
    const open = (path: string): Promise<MqttClient> => {
      const url = `ws://127.0.0.1:${portOf('ws:default')}${path}`
      return connectAsync(url, { reconnectPeriod: 0, connectTimeout: 20_000 })
    }
    const isRefused = async (path: string): Promise<boolean> => {
      const socket = new WebSocket(`ws://127.0.0.1:${portOf('ws:default')}${path}`, 'mqtt')
      const end = await new Promise<string>((resolve) => {
        socket.addEventListener('open', () => resolve('open'))
        socket.addEventListener('error', () => resolve('error'))
      })
      socket.close()
      return end === 'error'
    }
    const first = await open('/mqtt')
    await first.subscribeAsync('#')
    const came = new Promise<string>((resolve) => first.on('message', (topic) => resolve(topic)))
    await put({ mountpoint: 'there/', websocket: { mqtt_path: '/other' } })
    assert.ok(await isRefused('/mqtt'))
    const second = await open('/other')
    await second.publishAsync('a', '', { qos: 1 })
    assert.equal(await came, 'there/a')
    await put({ access_rules: ['deny all'] })
    assert.ok(await isRefused('/other'))
    const wrong = { body: { access_rules: ['allow all'], max_conn_rate: 'many' } }
    assert.equal((await managed.call('PUT', '/listeners/ws:default', wrong)).status, 400)
    assert.ok(await isRefused('/other'), 'nothing is half-applied')
    await put({ access_rules: ['allow all'], mountpoint: '', websocket: { mqtt_path: '/mqtt' } })
    await (await open('/mqtt')).endAsync()
    assert.ok(first.connected && second.connected)
    for (const client of [first, second]) await client.endAsync()
  })

  it('are not closed to be started again with a certificate that does not work', async (t) => {
    const authority = new Authority(managed.broker.dataDir, 'worn')
    const files = authority.issue('worn', 'server', 'DNS:localhost')
    const made = { type: 'ssl', name: 'worn', bind: '127.0.0.1:0', ssl_options: files }
    assert.equal((await managed.call('POST', '/listeners', { body: made })).status, 200)
    const port = portOf('ssl:worn')
    const ca = readFileSync(authority.certfile)
    const client = await connectAsync(`mqtts://localhost:${port}`, { ca, reconnectPeriod: 0 })
    t.after(() => client.end(true))
    client.on('error', () => {})
    writeFileSync(files.certfile, 'worn out')
    for (const [method, path, body] of [
      ['POST', '/listeners/ssl:worn/restart', undefined],
      ['PUT', '/listeners/ssl:worn', { tcp_options: { backlog: 9 } }],
    ] as const) {
      const { status, body: answer } = await managed.call(method, path, { body })
      assert.equal(status, 400, path)
      assert.match(answer.message, /certfile .* is not a PEM file/)
      assert.equal(portOf('ssl:worn'), port)
      await client.publishAsync('still/there', '', { qos: 1 })
    }
    assert.equal((await managed.call('DELETE', '/listeners/ssl:worn')).status, 204)
  })

  it('keep running as before when a change cannot be made', async (t) => {
    const busy = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => busy.once('listening', resolve))
    t.after(() => busy.close())
    const address = busy.address()
    assert.ok(typeof address === 'object' && address !== null)
    const body = { bind: `127.0.0.1:${address.port}` }
    const taken = await managed.call('PUT', '/listeners/tcp:default', { body })
    assert.equal(taken.status, 400)
    assert.match(taken.body.message, /cannot be started.*another program/)
    await (await connectTo(portOf('tcp:default'))).endAsync()
    const wrong = { max_connections: 'many', colour: 'red' }
    const refused = await managed.call('PUT', '/listeners/tcp:default', { body: wrong })
    assert.equal(refused.status, 400)
    assert.match(refused.body.message, /body\.max_connections/)
    assert.match(refused.body.message, /body\.colour/)
    const type = { type: 'tcp', name: 'a b', bind: '127.0.0.1:0' }
    assert.equal((await managed.call('POST', '/listeners', { body: type })).status, 400)
  })
})

describe('settings', () => {
  it('hold at once, and after a restart', async (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'tideway-settings-'))
    t.after(() => rmSync(dataDir, { recursive: true, force: true }))
    const first = await startManaged({ dataDir })
    const rule = { action: 'publish', source_topic: 'x/#', dest_topic: 'y/$1', re: '^x/(.+)$' }
    const put = await first.call('PUT', '/mqtt/topic_rewrite', { body: [rule] })
    assert.deepEqual([put.status, put.body], [200, [rule]])
    const topics = [{ topic: 'y/#', qos: 1 }]
    const auto = await first.call('PUT', '/mqtt/auto_subscribe', { body: topics })
    assert.deepEqual(auto.body, [{ topic: 'y/#', qos: 1, rh: 0, rap: 0, nl: 0 }])
    const client = await connectTo(first.broker.port('tcp:default'))
    const came = new Promise<string>((resolve) => client.on('message', (topic) => resolve(topic)))
    await client.publishAsync('x/1', 'z')
    assert.equal(await came, 'y/1')
    const off = { enable: false }
    assert.equal((await first.call('PUT', '/mqtt/delayed', { body: off })).body.enable, false)
    const delayed = { topic: '$delayed/10/a', payload: 'x' }
    assert.equal((await first.call('POST', '/publish', { body: delayed })).status, 503)
    await client.endAsync()
    await first.stop()
    const second = await startManaged({ dataDir })
    t.after(() => second.stop())
    assert.deepEqual((await second.call('GET', '/mqtt/topic_rewrite')).body, [rule])
    assert.equal((await second.call('GET', '/mqtt/delayed')).body.enable, false)
  })

  it('are refused as a whole when they are wrong', async (t) => {
    const managed = await startManaged()
    t.after(() => managed.stop())
    const good = { action: 'all', source_topic: 'a', dest_topic: 'b', re: 'a' }
    const bad = { ...good, re: '(' }
    const reply = await managed.call('PUT', '/mqtt/topic_rewrite', { body: [good, bad] })
    assert.equal(reply.status, 400)
    assert.match(reply.body.message, /body\.1\.re is not a regular expression/)
    assert.deepEqual((await managed.call('GET', '/mqtt/topic_rewrite')).body, [])
    const body = Array.from({ length: 31 }, () => good)
    const many = await managed.call('PUT', '/mqtt/topic_rewrite', { body })
    assert.deepEqual([many.status, many.body.code], [413, 'EXCEED_LIMIT'])
    const size = { max_payload_size: 'large' }
    const wrong = await managed.call('PUT', '/mqtt/retainer', { body: size })
    assert.match(wrong.body.message, /body\.max_payload_size/)
  })
})
