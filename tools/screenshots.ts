/**
 * Makes the pictures of the documents: a broker with a small plant, its dashboard, a browser.
 *
 *   npm run screenshots
 */
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import mqtt, { type MqttClient } from 'mqtt'
import type { Page } from 'playwright-core'
import { startDashboard, type WindowOptions } from '../test/dashboard/support/dashboard.ts'

const FOLDER = join(import.meta.dirname, '../docs/images')
const KINDS = ['pump', 'meter', 'press', 'truck'] as const
const CLIENTS = 48
const MACHINES = 60
/** Time for the charts to have a shape. */
const WARM_UP_MS = 45_000
const STEP_MS = 200
const SETTLE_MS = 2_500

interface Picture extends WindowOptions {
  readonly name: string
  readonly path: string
  /** What is done on the page before. */
  readonly act?: (page: Page) => Promise<void>
}

const PICTURES: readonly Picture[] = [
  { name: 'dashboard-overview', path: '/overview', height: 1000 },
  { name: 'dashboard-overview-zh-dark', path: '/overview', language: 'zh', theme: 'dark' },
  { name: 'dashboard-clients', path: '/clients' },
  { name: 'dashboard-topics', path: '/topics', act: chooseTopic },
  {
    name: 'dashboard-retained',
    path: '/retained',
    act: async (page) => page.getByText('factory/hall-0/machine-0/state').click(),
  },
  { name: 'dashboard-listeners', path: '/listeners' },
  { name: 'dashboard-rule', path: '/rules/id/hot-machines', height: 950 },
  { name: 'dashboard-action', path: '/actions/id/http%3Amaintenance', theme: 'dark' },
  { name: 'dashboard-configuration', path: '/configuration', theme: 'dark' },
  { name: 'dashboard-narrow', path: '/overview', width: 380, height: 800 },
]

const dashboard = await startDashboard({ shards: 2 })
const port = dashboard.managed.broker.port('tcp:default')
const clients = await Promise.all(
  Array.from({ length: CLIENTS }, async (_, number) => {
    const clientId = `${KINDS[number % KINDS.length]}-${String(number).padStart(3, '0')}`
    const username = ['line-a', 'line-b', 'fleet'][number % 3]
    return mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
      clientId,
      ...(username && { username }),
    })
  }),
)
const server = createServer((request, response) => {
  request.resume().on('end', () => response.end())
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
await furnish(clients)
await integrate()
const timer = setInterval(work, STEP_MS)
await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS))
mkdirSync(FOLDER, { recursive: true })
for (const { name, path, act, ...window } of PICTURES) {
  const page = await dashboard.open(path, { width: 1360, height: 850, ...window })
  await page.waitForTimeout(SETTLE_MS)
  await act?.(page)
  await page.waitForTimeout(SETTLE_MS)
  await page.screenshot({ path: join(FOLDER, `${name}.png`) })
}
clearInterval(timer)
for (const client of clients) client.end(true)
await dashboard.stop()
server.close()

/** The load of the machine that makes the pictures is no part of them. */
function forgetMachine(): void {
  const { alarms } = dashboard.managed.management.context
  for (const name of ['high_cpu_usage', 'high_system_memory_usage', 'event_loop_lag']) {
    alarms.set(name, false, '', {})
  }
}

/** Machines that run hot are told to another system. */
async function integrate(): Promise<void> {
  const { call } = dashboard.managed
  const { port: serverPort } = server.address() as AddressInfo // It listens on TCP.
  const url = `http://127.0.0.1:${serverPort}`
  await call('POST', '/connectors', { body: { type: 'http', name: 'plant-office', url } })
  const parameters = { path: '/machines', body: '{"line": "${topic}", "value": ${value}}' }
  const action = { type: 'http', name: 'maintenance', connector: 'plant-office', parameters }
  await call('POST', '/actions', { body: action })
  const sql =
    'SELECT\n  payload.value AS value, topic, clientid\nFROM\n  "factory/+/speed"\n' +
    'WHERE\n  value > 81'
  const republish = { function: 'republish', args: { topic: 'factory/alarms/${clientid}', qos: 1 } }
  const rule = { id: 'hot-machines', sql, actions: ['http:maintenance', republish] }
  await call('POST', '/rules', { body: rule })
}

async function chooseTopic(page: Page): Promise<void> {
  const row = (name: string) => page.locator('.ant-tree-treenode', { hasText: name }).first()
  for (const name of ['factory', 'hall-0', 'machine-12']) {
    await row(name).locator('.ant-tree-switcher').click()
    await page.waitForTimeout(SETTLE_MS / 5)
  }
  await row('state').locator('.ant-tree-title').click()
}

/** Subscriptions and last values of a plant. */
async function furnish(all: readonly MqttClient[]): Promise<void> {
  const filters = [
    'factory/+/speed',
    'factory/alarms/#',
    '$share/workers/factory/#',
    'commands/all',
  ]
  for (const [number, client] of all.entries()) {
    await client.subscribeAsync(filters[number % filters.length] ?? '#', {
      qos: number % 2 ? 1 : 0,
    })
  }
  for (let number = 0; number < MACHINES; number++) {
    const topic = `factory/hall-${number % 3}/machine-${number}/state`
    const state = { running: number % 7 !== 0, rpm: 1200 + number, operator: '王芳' }
    await all[number % CLIENTS]?.publishAsync(topic, JSON.stringify(state), { retain: true })
  }
  await all[0]?.publishAsync('$delayed/3600/factory/lights/off', '{"hall": 1}', { qos: 1 })
}

/** What the plant does all the time, more and less of it. */
function work(): void {
  forgetMachine()
  const wave = Math.sin(Date.now() / 9_000)
  const messages = Math.round(14 + 9 * wave)
  for (let number = 0; number < messages; number++) {
    const hall = number % 3
    const topic = number % 5 === 0 ? `office/unheard/${hall}` : `factory/line-${hall}/speed`
    const payload = JSON.stringify({ value: 80 + hall, at: Date.now() })
    clients[number % CLIENTS]?.publish(topic, payload, { qos: number % 2 === 0 ? 0 : 1 })
  }
}
