/** Changes of the configuration that come at the same time, and such as cannot be applied. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connectAsync } from 'mqtt'
import { type ApiReply, type ManagedBroker, startManaged } from './support/managed-broker.ts'

type Change = readonly [method: string, path: string, body?: unknown]

const AUTHENTICATOR = { mechanism: 'password_based', backend: 'built_in_database' }
const SCHEMA = '{"type": "object"}'
const REWRITE = { action: 'publish', source_topic: 'x/#', dest_topic: 'y/$1', re: '^x/(.+)$' }
const TRANSFORMATION = {
  name: 'stamp',
  topics: ['t/#'],
  failure_action: 'ignore',
  payload_decoder: { type: 'json' },
  payload_encoder: { type: 'json' },
  operations: [{ key: 'payload.at', value: 'timestamp' }],
}
const VALIDATION = {
  name: 'whole',
  topics: ['v/#'],
  strategy: 'all_pass',
  failure_action: 'drop',
  checks: [{ type: 'sql', sql: 'SELECT payload.x AS x WHERE x > 0' }],
}

/** One of each kind that the API can make, and the key that it leaves in the configuration. */
const CHANGES: readonly (readonly [key: string, change: Change])[] = [
  ['mqtt', ['PUT', '/configs/mqtt', { max_qos_allowed: 1 }]],
  ['flapping_detect', ['PUT', '/configs', 'flapping_detect.max_count = 17']],
  ['rule_engine.rules.one', ['POST', '/rules', { id: 'one', sql: 'SELECT * FROM "a"' }]],
  ['rule_engine.rules.two', ['POST', '/rules', { id: 'two', sql: 'SELECT * FROM "b"' }]],
  ['rule_engine.ignore_sys_message', ['PUT', '/rule_engine', { ignore_sys_message: false }]],
  [
    'schema_registry.schemas.first',
    ['POST', '/schema_registry', { name: 'first', type: 'json', source: SCHEMA }],
  ],
  [
    'schema_registry.schemas.second',
    ['POST', '/schema_registry', { name: 'second', type: 'json', source: SCHEMA }],
  ],
  [
    'connectors.http.hook',
    ['POST', '/connectors', { type: 'http', name: 'hook', url: 'http://127.0.0.1:1' }],
  ],
  [
    'connectors.http.hook2',
    ['POST', '/connectors', { type: 'http', name: 'hook2', url: 'http://127.0.0.1:1' }],
  ],
  ['listeners.tcp.second', ['POST', '/listeners', tcpListener('second')]],
  ['listeners.tcp.third', ['POST', '/listeners', tcpListener('third')]],
  ['listeners.ws.default', ['PUT', '/listeners/ws:default', { max_connections: 77 }]],
  ['rewrite', ['PUT', '/mqtt/topic_rewrite', [REWRITE]]],
  ['auto_subscribe', ['PUT', '/mqtt/auto_subscribe', [{ topic: 'auto/#' }]]],
  ['delayed', ['PUT', '/mqtt/delayed', { max_delayed_messages: 7 }]],
  ['retainer', ['PUT', '/mqtt/retainer', { max_payload_size: '3KB' }]],
  ['slow_subs', ['PUT', '/slow_subscriptions/settings', { enable: true, top_k_num: 3 }]],
  ['authentication', ['POST', '/authentication', { ...AUTHENTICATOR, enable: false }]],
  ['authorization', ['PUT', '/authorization/settings', { no_match: 'allow' }]],
  ['authorization.sources', ['POST', '/authorization/sources', { type: 'built_in_database' }]],
  ['schema_validation', ['POST', '/schema_validations', VALIDATION]],
  ['message_transformation', ['POST', '/message_transformations', TRANSFORMATION]],
]

function tcpListener(name: string): object {
  return { type: 'tcp', name, bind: '127.0.0.1:0' }
}

/** A port that another program has. */
async function takePort(): Promise<{ readonly port: number; close(): void }> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return { port: address.port, close: () => server.close() }
}

describe('changes of the configuration', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tideway-changes-'))
  let managed: ManagedBroker
  before(async () => {
    managed = await startManaged({ shards: 2, dataDir })
  })
  after(async () => {
    await managed.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })

  const make = ([method, path, body]: Change): Promise<ApiReply> => {
    return managed.call(method, path, body === undefined ? {} : { body })
  }
  const shown = async (key: string): Promise<string> => {
    const headers = { accept: 'application/json' }
    const { body } = await managed.call('GET', `/configs?key=${key}`, { headers })
    return JSON.stringify(body)
  }
  const versions = async (): Promise<{ key: string }[][]> => {
    const { body } = await managed.call('GET', '/configs/history')
    return body.data.map(({ changes }: { changes: { key: string }[] }) => changes)
  }

  it('of every kind at the same time are all kept, though others among them fail', async (t) => {
    const taken = await takePort()
    t.after(() => taken.close())
    const bad = { type: 'tcp', name: 'taken', bind: `127.0.0.1:${taken.port}` }
    const failing = [1, 2, 3].map(() => make(['POST', '/listeners', bad]))
    const replies = await Promise.all(CHANGES.map(([, change]) => make(change)))
    for (const [index, { status, body }] of replies.entries()) {
      assert.ok(status < 300, `${CHANGES[index]?.[0]}: ${status} ${JSON.stringify(body)}`)
    }
    for (const { status } of await Promise.all(failing)) assert.equal(status, 400)
    const history = (await versions()).flat().map(({ key }) => key)
    for (const [key] of CHANGES) {
      assert.ok(
        history.some((one) => one.startsWith(key)),
        `${key} is not in ${history.join(', ')}`,
      )
    }
    assert.ok(!history.some((key) => key.includes('taken')), 'what was refused never held')
    const sessions = await Promise.all(['tcp:second', 'tcp:third'].map((id) => open(id)))
    for (const client of sessions) await client.endAsync()
  })

  it('hold after a restart', async () => {
    const keys = CHANGES.map(([key]) => key)
    const before = await Promise.all(keys.map(shown))
    await managed.stop()
    managed = await startManaged({ shards: 2, dataDir })
    assert.deepEqual(await Promise.all(keys.map(shown)), before)
    const rules = (await managed.call('GET', '/rules')).body.data
    assert.deepEqual(
      rules.map(({ id }: { id: string }) => id),
      ['one', 'two'],
    )
  })

  it('of which two make the same thing: one is made, the other is told', async () => {
    const body = { name: 'same', type: 'json', source: SCHEMA }
    const twice = [0, 1].map(() => make(['POST', '/schema_registry', body]))
    const statuses = (await Promise.all(twice)).map(({ status }) => status)
    assert.deepEqual(new Set(statuses), new Set([201, 409]))
  })

  it('that a part of the node refuses leave nothing behind, in the node and on disk', async () => {
    const { node } = managed.broker
    const apply = node.configure.bind(node)
    const count = (await versions()).length
    const before = await shown('mqtt')
    let isRefused = false
    node.configure = async (config) => {
      await apply(config)
      if (isRefused) return
      isRefused = true
      throw new Error('out of order')
    }
    const stays = await open('tcp:second')
    const options = 'mqtt { max_inflight = 5, max_topic_levels = 1 }'
    const other = 'listeners.tcp.second.tcp_options.backlog = 7'
    const reply = await make(['PUT', '/configs', `${options}, ${other}`])
    node.configure = apply
    assert.ok(stays.connected, 'no listener was touched')
    await stays.publishAsync('still/there', 'x', { qos: 1 })
    await stays.endAsync()
    assert.equal(reply.status, 400)
    assert.match(reply.body.message, /out of order/)
    assert.equal(await shown('mqtt'), before)
    assert.equal((await versions()).length, count)
    // Shards obeyed the change for a moment.
    const client = await open('tcp:second')
    const [granted] = await client.subscribeAsync('b/c/d')
    assert.equal(granted?.qos, 0)
    await client.endAsync()
  })

  it('of listeners that swap their ports are made, and taken back, at once', async (t) => {
    const [second, third] = ['tcp:second', 'tcp:third'].map((id) => managed.broker.port(id))
    const at = (one: number | undefined, other: number | undefined): string =>
      `listeners.tcp { second.bind = "127.0.0.1:${one}", third.bind = "127.0.0.1:${other}" }`
    const fixed = await make(['PUT', '/configs', at(second, third)])
    assert.equal(fixed.status, 200, JSON.stringify(fixed.body))
    const swapped = await make(['PUT', '/configs', at(third, second)])
    assert.equal(swapped.status, 200, JSON.stringify(swapped.body))
    const ports = (): readonly number[] =>
      ['tcp:second', 'tcp:third'].map((id) => managed.broker.port(id))
    assert.deepEqual(ports(), [third, second])
    const taken = await takePort()
    t.after(() => taken.close())
    const bad = `${at(second, third)}, listeners.tcp.zz.bind = "127.0.0.1:${taken.port}"`
    assert.equal((await make(['PUT', '/configs', bad])).status, 400)
    assert.deepEqual(ports(), [third, second])
  })

  it('reach listeners that are made of keys elsewhere as well', async () => {
    const large = 17 * 1024 * 1024 // Above the frames of WebSocket that are taken as shipped.
    const reply = await make(['PUT', '/configs', 'mqtt.max_packet_size = 20MB'])
    assert.equal(reply.status, 200, JSON.stringify(reply.body))
    const url = `ws://127.0.0.1:${managed.broker.port('ws:default')}/mqtt`
    const login = { username: 'u', password: 'p' }
    const client = await connectAsync(url, { reconnectPeriod: 0, ...login })
    const published = client.publishAsync('still/large', Buffer.alloc(large), { qos: 1 })
    await new Promise((resolve, reject) => {
      client.once('close', () => reject(new Error('the connection was closed')))
      published.then(resolve, reject)
    })
    await client.endAsync()
  })

  function open(listener: string) {
    const options = { reconnectPeriod: 0, username: 'u', password: 'p' }
    return connectAsync(`mqtt://127.0.0.1:${managed.broker.port(listener)}`, options)
  }
})
