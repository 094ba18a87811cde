/** A whole broker with real clients: every way to run its shards, every transport. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect as connectSocket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, it } from 'node:test'
import { connect, connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { Metric, sumOf } from '#broker/metrics.ts'
import { ensureDevelopmentCertificates } from '#net/certificate/development-certificates.ts'
import {
  closed,
  listenerOptions,
  LOOPBACK,
  tlsOptions,
} from '../../test/listeners/listener-fixture.ts'
import { type BrokerOptions, startBroker, type TestBroker } from './start-broker.ts'

interface Received {
  readonly topic: string
  readonly text: string
  readonly retain: boolean
}

const clients = new Set<MqttClient>()
let broker: TestBroker | undefined
let folder: string | undefined

afterEach(async () => {
  await Promise.all([...clients].map((client) => client.endAsync(true)))
  clients.clear()
  await broker?.stop()
  assert.equal(broker?.failure, undefined)
  broker = undefined
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  folder = undefined
})

async function start(options: BrokerOptions = {}): Promise<TestBroker> {
  broker = await startBroker(options)
  return broker
}

function ownFolder(): string {
  folder = mkdtempSync(join(tmpdir(), 'tideway-app-'))
  return folder
}

async function dial(url: string, options: IClientOptions = {}): Promise<MqttClient> {
  const client = await connectAsync(url, { reconnectPeriod: 0, ...options })
  client.on('error', () => {})
  clients.add(client)
  return client
}

function messages(client: MqttClient, count: number): Promise<readonly Received[]> {
  const received: Received[] = []
  return new Promise((resolve) => {
    client.on('message', (topic, payload, { retain }) => {
      received.push({ topic, text: payload.toString(), retain })
      if (received.length === count) resolve(received)
    })
  })
}

function tcp(from: TestBroker): string {
  return `mqtt://127.0.0.1:${from.port('tcp:default')}`
}

for (const [name, options] of Object.entries({
  'in one thread': { threads: 'inline', shards: 1 },
  'of three shards in one thread': { threads: 'inline', shards: 3 },
  'of two threads': { shards: 2 },
  'of two threads over plain sockets': { shards: 2, sockets: 'plain' },
} satisfies Record<string, BrokerOptions>)) {
  describe(`a broker ${name}`, () => {
    it('delivers between all its clients, whichever shard they are on', async () => {
      const url = tcp(await start(options))
      const subscribers = await Promise.all(Array.from({ length: 6 }, () => dial(url)))
      await Promise.all(subscribers.map((client) => client.subscribeAsync('a/#', { qos: 1 })))
      const all = subscribers.map((client) => messages(client, 12))
      const publishers = await Promise.all(Array.from({ length: 6 }, () => dial(url)))
      for (const [index, publisher] of publishers.entries()) {
        await publisher.publishAsync(`a/${index}`, 'one', { qos: 0 })
        await publisher.publishAsync(`a/${index}`, 'two', { qos: 1 })
      }
      for (const received of await Promise.all(all)) {
        for (let index = 0; index < publishers.length; index++) {
          const texts = received.filter(({ topic }) => topic === `a/${index}`)
          assert.deepEqual(
            texts.map(({ text }) => text),
            ['one', 'two'],
          )
        }
      }
    })

    it('keeps sessions, their messages and retained ones over a restart', async () => {
      const dataDir = ownFolder()
      const stored = { ...options, dataDir }
      const session = { clientId: 'keeper', clean: false }
      let url = tcp(await start(stored))
      const subscriber = await dial(url, session)
      await subscriber.subscribeAsync('kept/#', { qos: 1 })
      await subscriber.endAsync()
      const publisher = await dial(url)
      await publisher.publishAsync('kept/1', 'queued', { qos: 1 })
      await publisher.publishAsync('state', 'retained', { qos: 1, retain: true })
      await publisher.endAsync()
      await broker?.stop()
      url = tcp(await start(stored))
      const back = await resume(url, session)
      assert.deepEqual(back, [{ topic: 'kept/1', text: 'queued', retain: false }])
      const reader = await dial(url)
      const retained = messages(reader, 1)
      await reader.subscribeAsync('state')
      assert.deepEqual(await retained, [{ topic: 'state', text: 'retained', retain: true }])
    })

    it('tells its clients that it goes', async () => {
      const running = await start(options)
      const client = await dial(tcp(running), { protocolVersion: 5 })
      const reason = new Promise((resolve) => {
        client.on('disconnect', (packet) => resolve(packet.reasonCode))
      })
      await running.stop()
      assert.equal(await reason, 0x8b)
    })
  })
}

/** Connects to a stored session and waits for its first message. */
async function resume(url: string, options: IClientOptions): Promise<readonly Received[]> {
  const client = connect(url, { reconnectPeriod: 0, ...options })
  clients.add(client)
  return messages(client, 1)
}

describe('listeners of a broker', () => {
  it('serve WebSocket clients', async () => {
    const running = await start()
    const url = `ws://127.0.0.1:${running.port('ws:default')}/mqtt`
    const client = await dial(url, { protocolVersion: 5 })
    const received = messages(client, 1)
    await client.subscribeAsync('w')
    await client.publishAsync('w', 'over the web')
    assert.equal((await received)[0]?.text, 'over the web')
  })

  it('serve TLS with a certificate made for this host when none is configured', async () => {
    const config = `
      listeners.ssl.default.bind = "127.0.0.1:0"
      listeners.wss.default.bind = "127.0.0.1:0"`
    const running = await start({ config })
    const ca = readFileSync(join(running.dataDir, 'certs', 'ca.pem'))
    const urls = [
      `mqtts://localhost:${running.port('ssl:default')}`,
      `wss://localhost:${running.port('wss:default')}/mqtt`,
    ]
    for (const url of urls) {
      const client = await dial(url, { ca })
      await client.publishAsync('a', 'b', { qos: 1 })
      await assert.rejects(dial(url), /unable to verify|self-signed/)
    }
    const made = running.lines.filter(({ message }) => message === 'development_certificate_made')
    assert.equal(made.length, 1)
  })

  it('can be opened and closed while the broker runs', async () => {
    const running = await start({ shards: 2 })
    const made = ensureDevelopmentCertificates(join(running.dataDir, 'certs'), Date.now())
    const { port } = await running.node.startListener({
      ...listenerOptions,
      id: 'ssl:extra',
      type: 'ssl',
      reusePort: true,
      tls: tlsOptions(made.certfile, made.keyfile),
    })
    assert.equal(running.port('ssl:extra'), port)
    const ca = readFileSync(made.cacertfile)
    const client = await dial(`mqtts://localhost:${port}`, { ca })
    const closed = new Promise((resolve) => client.on('close', () => resolve(undefined)))
    assert.equal(await running.node.stopListener('ssl:extra'), true)
    await closed
    await assert.rejects(dial(`mqtts://localhost:${port}`, { ca }))
    assert.equal(await running.node.stopListener('ssl:extra'), false)
    assert.throws(() => running.port('ssl:extra'), /no listener/)
  })

  it('say which address is in use, and nothing is left behind', async () => {
    const running = await start()
    const port = running.port('tcp:default')
    const config = `listeners.tcp.default.bind = "127.0.0.1:${port}"`
    await assert.rejects(startBroker({ config }), /another program uses this port/)
    await assert.rejects(startBroker({ dataDir: running.dataDir }), /is in use by/)
  })

  it('do not share a port, nor an id', async () => {
    const running = await start({ shards: 2 })
    const port = running.port('tcp:default')
    const same = { ...listenerOptions, reusePort: true }
    const other = { ...same, id: 'tcp:other', host: '0.0.0.0', port }
    await assert.rejects(running.node.startListener(other), /another program uses this port/)
    await assert.rejects(running.node.startListener(same), /tcp:default runs already/)
    await dial(tcp(running))
  })

  it('count max_connections over all shards', async () => {
    const config = 'listeners.tcp.default.max_connections = 2'
    const running = await start({ shards: 2, config })
    await dial(tcp(running))
    await dial(tcp(running))
    for (let attempt = 0; attempt < 4; attempt++) {
      await closed(connectSocket({ host: LOOPBACK, port: running.port('tcp:default') }))
    }
  })
})

describe('a broker', () => {
  it('counts what its shards do in memory that all read', async () => {
    const running = await start({ shards: 2 })
    const url = tcp(running)
    const client = await dial(url)
    await client.publishAsync('x', 'y', { qos: 1 })
    assert.equal(sumOf(running.metrics, Metric.MESSAGES_QOS1_RECEIVED), 1)
  })

  it('publishes what it is and how it does', async () => {
    const running = await start({ config: 'sys_topics.sys_msg_interval = 1s' })
    const client = await dial(tcp(running))
    const node = '$SYS/brokers/tideway@127.0.0.1'
    const wanted = new Set([`${node}/version`, `${node}/metrics/client/connected`])
    const found = new Promise<void>((resolve) => {
      client.on('message', (topic) => {
        wanted.delete(topic)
        if (wanted.size === 0) resolve()
      })
    })
    await client.subscribeAsync(['$SYS/brokers/+/version', '$SYS/brokers/+/metrics/#'])
    await found
  })

  it('says what is wrong with its configuration', async () => {
    await assert.rejects(startBroker({ config: 'mqtt.max_qos = 1' }), /max_qos/)
  })
})
