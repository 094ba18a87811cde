import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { connectAsync } from 'mqtt'
import { startBroker } from '#app/start-broker.ts'
import { until } from '../integrations/support/integration-rig.ts'
import { launchHttp } from '../support/servers/local-server.ts'
import { type ManagedBroker, startManaged } from './support/managed-broker.ts'

async function managedBroker(context: TestContext): Promise<ManagedBroker> {
  const managed = await startManaged({ threads: 'inline' })
  context.after(() => managed.stop())
  return managed
}

test('what is made by REST carries records at once', async (context) => {
  const bodies: string[] = []
  const server = await launchHttp(({ body }, response) => {
    bodies.push(body)
    response.end()
  })
  context.after(() => server.remove())
  const managed = await managedBroker(context)
  const { call, broker } = managed
  const url = `http://127.0.0.1:${server.port}`
  const connector = { type: 'http', name: 'hook', url, tags: ['a'] }
  const made = await call('POST', '/connectors', { body: connector })
  assert.equal(made.status, 201)
  assert.equal(made.body.resource_opts.health_check_interval, '15s')
  const parameters = { body: '${payload}' }
  const action = { type: 'http', name: 'send', connector: 'hook', parameters }
  assert.equal((await call('POST', '/actions', { body: action })).status, 201)
  const rule = { id: 'out', sql: 'SELECT * FROM "t/#"', actions: ['http:send'] }
  assert.equal((await call('POST', '/rules', { body: rule })).status, 201)
  await until('it is connected', async () => {
    return (await call('GET', '/actions/http:send')).body.status === 'connected'
  })
  const device = await connectAsync(`mqtt://127.0.0.1:${broker.port('tcp:default')}`)
  context.after(() => device.endAsync(true))
  await device.publishAsync('t/1', 'one', { qos: 1 })
  await until('it has come', () => bodies.length === 1)
  const { metrics } = (await call('GET', '/actions/http:send/metrics')).body
  assert.deepEqual([metrics.matched, metrics.success, metrics.dropped], [1, 1, 0])
  assert.equal((await call('PUT', '/actions/http:send/metrics/reset')).status, 204)
  const after = (await call('GET', '/actions/http:send/metrics')).body.metrics
  assert.equal(after.matched, 0)
  const [summary] = (await call('GET', '/actions_summary')).body
  assert.deepEqual(summary.rules, ['out'])
  const shown = (await call('GET', '/connectors/http:hook')).body
  assert.deepEqual(shown.actions, ['send'])
})

test('a change takes effect without losing a record', async (context) => {
  const paths: string[] = []
  const server = await launchHttp(({ url }, response) => {
    paths.push(url)
    response.end()
  })
  context.after(() => server.remove())
  const { call, broker } = await managedBroker(context)
  const url = `http://127.0.0.1:${server.port}`
  await call('POST', '/connectors', { body: { type: 'http', name: 'hook', url } })
  const action = { type: 'http', name: 'send', connector: 'hook', parameters: { path: '/a' } }
  await call('POST', '/actions', { body: action })
  const rule = { id: 'out', sql: 'SELECT * FROM "t/#"', actions: ['http:send'] }
  await call('POST', '/rules', { body: rule })
  const device = await connectAsync(`mqtt://127.0.0.1:${broker.port('tcp:default')}`)
  context.after(() => device.endAsync(true))
  const change = call('PUT', '/actions/http:send', {
    body: { connector: 'hook', parameters: { path: '/b' } },
  })
  for (let n = 0; n < 100; n++) await device.publishAsync('t/1', String(n), { qos: 1 })
  assert.equal((await change).status, 200)
  await device.publishAsync('t/1', 'last', { qos: 1 })
  await until('all have come', () => paths.length === 101)
  assert.equal(paths.at(-1), '/b')
})

test('secrets are hidden, and hidden ones that come back stay as they are', async (context) => {
  const { call } = await managedBroker(context)
  const target = await startBroker({ threads: 'inline' })
  context.after(() => target.stop())
  const server = `127.0.0.1:${target.port('tcp:default')}`
  const body = {
    type: 'mqtt',
    name: 'b',
    server,
    username: 'u',
    password: 'pass-word',
    pool_size: 1,
  }
  await call('POST', '/connectors', { body })
  const shown = (await call('GET', '/connectors/mqtt:b')).body
  assert.equal(shown.password, '******')
  const changed = await call('PUT', '/connectors/mqtt:b', { body: { ...shown, keepalive: '60s' } })
  assert.equal(changed.status, 200, JSON.stringify(changed.body))
  assert.equal((await call('POST', '/connectors_probe', { body: shown })).status, 204)
})

test('what cannot work is refused with its place and reason', async (context) => {
  const { call } = await managedBroker(context)
  const make = (path: string, body: object) => call('POST', path, { body })
  const noType = await make('/connectors', { type: 'x', name: 'x' })
  assert.match(noType.body.message, /body\.type: there is no type x/)
  const noUrl = await make('/connectors', { type: 'http', name: 'x', url: 'ftp://x' })
  assert.match(noUrl.body.message, /body\.url must be an address/)
  const noConnector = await make('/actions', {
    type: 'http',
    name: 'x',
    connector: 'none',
    parameters: {},
  })
  assert.match(noConnector.body.message, /names a connector that does not exist/)
  const dead = { type: 'http', name: 'x', url: 'http://127.0.0.1:9' }
  const probe = await make('/connectors_probe', dead)
  assert.deepEqual([probe.status, probe.body.code], [400, 'TEST_FAILED'])
  assert.match(probe.body.message, /nothing listens there/)
  await make('/connectors', dead)
  await make('/actions', { type: 'http', name: 'x', connector: 'x', parameters: {} })
  const start = await call('POST', '/connectors/http:x/start')
  assert.match(start.body.message, /nothing listens there/)
  const used = await call('DELETE', '/connectors/http:x')
  assert.match(used.body.message, /in use by actions x/)
  await make('/rules', {
    id: 'r',
    sql: 'SELECT * FROM "t"',
    actions: ['http:x', { function: 'console' }],
  })
  const ruled = await call('DELETE', '/actions/http:x')
  assert.match(ruled.body.message, /in use by the rules r/)
  const both = await call('DELETE', '/actions/http:x?also_delete_dep_actions=true')
  assert.equal(both.status, 204, JSON.stringify(both.body))
  assert.deepEqual((await call('GET', '/rules/r')).body.actions, [{ function: 'console' }])
  assert.equal((await call('DELETE', '/connectors/http:x')).status, 204)
})

test('a connector goes with all that uses it, or nothing goes', async (context) => {
  const { call } = await managedBroker(context)
  const make = async (path: string, body: object): Promise<void> => {
    const { status, body: answer } = await call('POST', path, { body })
    assert.equal(status, 201, JSON.stringify(answer))
  }
  const all = '?also_delete_dep_actions=true'
  for (const name of ['x', 'y']) {
    await make('/connectors', { type: 'mqtt', name, server: '127.0.0.1:9' })
    await make('/sources', { type: 'mqtt', name, connector: name, parameters: { topic: 't' } })
  }
  const first = { type: 'mqtt', name: 'one', connector: 'x', parameters: { topic: 'a' } }
  await make('/actions', first)
  const fallback_actions = [{ kind: 'reference', type: 'mqtt', name: 'one' }]
  await make('/actions', { ...first, name: 'two', fallback_actions })
  await make('/actions', { ...first, name: 'other', connector: 'y', fallback_actions })
  await make('/rules', { id: 'r', sql: 'SELECT * FROM "t"', actions: ['mqtt:two', 'mqtt:other'] })
  await make('/rules', { id: 's', sql: 'SELECT * FROM "$bridges/mqtt:x"', actions: [] })
  const rulesOf = async () => (await call('GET', '/connectors/mqtt:x')).body.rules
  assert.deepEqual(await rulesOf(), ['r', 's'])
  assert.match((await call('DELETE', `/connectors/mqtt:x${all}`)).body.message, /by the rules s/)
  await call('DELETE', '/rules/s')
  const refused = await call('DELETE', `/connectors/mqtt:x${all}`)
  assert.equal(refused.status, 400, 'an action of another connector falls back to one of it')
  const { body: kept } = await call('GET', '/connectors/mqtt:x')
  assert.deepEqual([kept.actions, kept.sources, kept.rules], [['one', 'two'], ['x'], ['r']])

  await call('DELETE', `/actions/mqtt:other${all}`)
  const gone = await call('DELETE', `/connectors/mqtt:x${all}`)
  assert.equal(gone.status, 204, JSON.stringify(gone.body))
  const names = async (path: string) =>
    (await call('GET', path)).body.map(({ name }: { name: string }) => name)
  assert.deepEqual(await names('/connectors'), ['y'])
  assert.deepEqual(await names('/actions'), [])
  assert.deepEqual(await names('/sources'), ['y'])
  assert.deepEqual((await call('GET', '/rules/r')).body.actions, [])
})
