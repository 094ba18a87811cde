/** What waits survives the end of the node, in order or by a kill. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { launchHttp, type LocalServer } from '../support/servers/local-server.ts'
import {
  clientOf,
  publishNumbers,
  ruleTo,
  startIntegrated,
  until,
} from './support/integration-rig.ts'

async function startWebhook(context: TestContext) {
  const numbers: number[] = []
  const server = await launchHttp(({ body }, response) => {
    numbers.push(Number(/\d+/.exec(body)?.[0]))
    response.end()
  })
  context.after(() => server.remove())
  return { server, numbers }
}

function hookTo({ port }: LocalServer, options: object) {
  const resource_opts = { inflight_window: 1, health_check_interval: '200ms', ...options }
  const action = { connector: 'c', parameters: { body: '${payload.n}' }, resource_opts }
  return [
    { connectors: { http: { c: { url: `http://127.0.0.1:${port}` } } } },
    { actions: { http: { a: action } } } as never,
    ruleTo('http:a'),
  ]
}

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tideway-buffer-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

for (const mode of ['hybrid', 'disk']) {
  test(`buffer_mode ${mode}: the next node sends what waits`, async (context) => {
    const { server, numbers } = await startWebhook(context)
    await server.kill()
    const dataDir = folderOf(context)
    const trees = hookTo(server, { buffer_mode: mode })
    const first = await startIntegrated(context, trees, { dataDir })
    await publishNumbers(await clientOf(context, first), 0, 50)
    await first.stop()
    await server.start()
    const second = await startIntegrated(context, trees, { dataDir })
    await publishNumbers(await clientOf(context, second), 50, 60)
    await until('all have come', () => numbers.length >= 60)
    assert.deepEqual(numbers, [...Array(60).keys()])
  })
}

test('with fewer queues than before, what the others left is sent', async (context) => {
  const { server, numbers } = await startWebhook(context)
  await server.kill()
  const dataDir = folderOf(context)
  const many = hookTo(server, { worker_pool_size: 8 })
  const first = await startIntegrated(context, many, { dataDir, shards: 2 })
  for (let n = 0; n < 20; n++) {
    const client = await clientOf(context, first, `device-${n}`)
    await publishNumbers(client, n, n + 1)
  }
  await first.stop()
  await server.start()
  await startIntegrated(context, hookTo(server, { worker_pool_size: 1 }), { dataDir })
  await until('all have come', () => numbers.length >= 20)
  assert.deepEqual(
    numbers.toSorted((a, b) => a - b),
    [...Array(20).keys()],
  )
})
