import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import {
  launchHttp,
  type LocalServer,
  type ReceivedRequest,
} from '../support/servers/local-server.ts'
import {
  clientOf,
  publishNumbers,
  readingOf,
  ruleTo,
  startIntegrated,
  until,
  untilCount,
  untilStatus,
} from './support/integration-rig.ts'

interface Webhook {
  readonly server: LocalServer
  readonly requests: ReceivedRequest[]
  readonly numbers: number[]
  status: number
}

async function startWebhook(context: TestContext): Promise<Webhook> {
  const requests: ReceivedRequest[] = []
  const numbers: number[] = []
  const state = { status: 200 }
  const server = await launchHttp((request, response) => {
    response.statusCode = state.status
    if (state.status === 200) {
      requests.push(request)
      const [, digits] = /n\\*":(\d+)/.exec(request.body) ?? []
      if (digits !== undefined) numbers.push(Number(digits))
    }
    response.end('{}')
  })
  context.after(() => server.remove())
  return Object.assign(state, { server, requests, numbers })
}

function webhook(port: number, parameters: object, options: object = {}, more: object = {}) {
  return {
    connectors: { http: { hook: { url: `http://127.0.0.1:${port}/base`, ...more } } },
    actions: { http: { send: { connector: 'hook', parameters, resource_opts: options } } },
  } as never
}

test('a record is sent as a request made of templates', async (context) => {
  const hook = await startWebhook(context)
  const parameters = {
    method: 'put',
    path: '/devices/${clientid}?topic=${topic}',
    headers: { 'X-Who': '${clientid}' },
    body: '{"got":${payload}}',
  }
  const broker = await startIntegrated(context, [
    webhook(hook.server.port, parameters),
    ruleTo('http:send'),
  ])
  const client = await clientOf(context, broker, 'a b&c')
  await client.publishAsync('t/x y', '{"n":7}', { qos: 1 })
  const { metrics } = await untilCount(broker, 'http:send', 'success', 1)
  const [request] = hook.requests
  assert.equal(request?.method, 'PUT')
  assert.equal(request.url, '/base/devices/a%20b%26c?topic=t/x%20y')
  assert.equal(request.headers['x-who'], 'a b&c')
  assert.equal(request.headers['content-type'], 'application/json')
  assert.equal(request.body, '{"got":{"n":7}}')
  assert.deepEqual([metrics['matched'], metrics['failed'], metrics['dropped']], [1, 0, 0])
  const rule = (await broker.node.rules.counters())['out']
  assert.equal(rule?.['actions.success'], 1)
})

test('without a body the record is sent as JSON', async (context) => {
  const hook = await startWebhook(context)
  const broker = await startIntegrated(context, [
    webhook(hook.server.port, {}),
    ruleTo('http:send'),
  ])
  const client = await clientOf(context, broker)
  await client.publishAsync('t/1', 'hello', { qos: 1 })
  await untilCount(broker, 'http:send', 'success', 1)
  const sent = JSON.parse(hook.requests[0]?.body ?? '') as Record<string, unknown>
  assert.deepEqual([sent['topic'], sent['payload'], sent['qos']], ['t/1', 'hello', 1])
})

test('nothing is lost and order is kept while the server is away', async (context) => {
  const hook = await startWebhook(context)
  const options = { inflight_window: 1, health_check_interval: '200ms' }
  const more = { resource_opts: { health_check_interval: '200ms' } }
  const broker = await startIntegrated(context, [
    webhook(hook.server.port, {}, options, more),
    ruleTo('http:send'),
  ])
  await untilStatus(broker, 'action', 'http:send', 'connected')
  const client = await clientOf(context, broker)
  await publishNumbers(client, 0, 20)
  await hook.server.kill()
  await publishNumbers(client, 20, 60)
  const away = await untilStatus(broker, 'connector', 'http:hook', 'disconnected')
  assert.match(away.status.reason, /nothing listens there/)
  await hook.server.start()
  await until('all have come', () => new Set(hook.numbers).size === 60)
  const firsts = [...new Set(hook.numbers)]
  assert.deepEqual(
    firsts,
    firsts.toSorted((a, b) => a - b),
  )
  const { metrics } = await untilCount(broker, 'http:send', 'success', 60)
  assert.equal(metrics['dropped'], 0)
  assert.equal(metrics['queuing'], 0)
})

test('an answer that says busy is tried again, another one fails the record', async (context) => {
  const hook = await startWebhook(context)
  const broker = await startIntegrated(context, [
    webhook(hook.server.port, {}),
    ruleTo('http:send'),
  ])
  const client = await clientOf(context, broker)
  hook.status = 503
  await publishNumbers(client, 0, 1)
  await untilCount(broker, 'http:send', 'retried', 1)
  hook.status = 200
  await untilCount(broker, 'http:send', 'retried.success', 1)
  hook.status = 404
  await publishNumbers(client, 1, 2)
  await untilCount(broker, 'http:send', 'failed', 1)
  const rule = (await broker.node.rules.counters())['out']
  assert.equal(rule?.['actions.failed.unknown'], 1)
})

test('what a dead server cannot take does not stop the rest', async (context) => {
  const hook = await startWebhook(context)
  const dead = await startWebhook(context)
  await dead.server.kill()
  const broker = await startIntegrated(context, [
    webhook(hook.server.port, {}),
    {
      connectors: { http: { dead: { url: `http://127.0.0.1:${dead.server.port}` } } },
      actions: {
        http: {
          lost: {
            connector: 'dead',
            parameters: {},
            resource_opts: { max_buffer_bytes: '4KB', buffer_mode: 'memory', worker_pool_size: 1 },
          },
        },
      },
    },
    ruleTo('http:lost', 'http:send'),
  ])
  const client = await clientOf(context, broker)
  await publishNumbers(client, 0, 50)
  await untilCount(broker, 'http:send', 'success', 50)
  const { metrics } = await readingOf(broker, 'action', 'http:lost')
  assert.equal(metrics['matched'], 50)
  assert.ok((metrics['dropped.queue_full'] ?? 0) > 0)
  assert.equal((metrics['dropped'] ?? 0) + (metrics['queuing'] ?? 0), 50, JSON.stringify(metrics))
})

test('a record that could not be delivered goes to the fallback action', async (context) => {
  const hook = await startWebhook(context)
  const spare = await startWebhook(context)
  hook.status = 400
  const broker = await startIntegrated(context, [
    webhook(hook.server.port, {}),
    {
      connectors: { http: { spare: { url: `http://127.0.0.1:${spare.server.port}` } } },
      actions: {
        http: {
          send: {
            fallback_actions: [
              { kind: 'reference', type: 'http', name: 'spare' },
              { kind: 'republish', args: { topic: 'failed/${topic}' } },
            ],
          },
          spare: { connector: 'spare', parameters: {} },
        },
      },
    },
    ruleTo('http:send'),
  ])
  const client = await clientOf(context, broker)
  const republished = new Promise<string>((resolve) => client.once('message', resolve))
  await client.subscribeAsync('failed/#')
  await publishNumbers(client, 3, 4)
  await until('the other server has it', () => spare.numbers.includes(3))
  assert.equal(await republished, 'failed/t/1')
})

test('what comes for an action that is switched off is counted as such', async (context) => {
  const hook = await startWebhook(context)
  const off = { actions: { http: { send: { enable: false } } } }
  const broker = await startIntegrated(context, [
    webhook(hook.server.port, {}),
    off,
    ruleTo('http:send'),
  ])
  await publishNumbers(await clientOf(context, broker), 0, 2)
  const { metrics } = await untilCount(broker, 'http:send', 'dropped.resource_stopped', 2)
  assert.deepEqual([metrics['matched'], metrics['dropped']], [2, 2])
})

test('a record that has waited longer than request_ttl is dropped', async (context) => {
  const hook = await startWebhook(context)
  await hook.server.kill()
  const broker = await startIntegrated(context, [
    webhook(hook.server.port, {}, { request_ttl: '50ms' }),
    ruleTo('http:send'),
  ])
  const client = await clientOf(context, broker)
  await publishNumbers(client, 0, 3)
  await new Promise((resolve) => setTimeout(resolve, 60)) // Longer than they live.
  await hook.server.start()
  const { metrics } = await untilCount(broker, 'http:send', 'dropped.expired', 3)
  assert.equal(metrics['success'], 0)
  assert.deepEqual(hook.numbers, [])
})
