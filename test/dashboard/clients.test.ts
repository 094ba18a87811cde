/** The pages about clients, with real clients. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { MqttClient } from 'mqtt'
import {
  BROWSER,
  checkAccessibility,
  dashboardOfSuite,
  takePicture,
  waitForRows,
} from './support/dashboard.ts'

describe('clients', BROWSER, () => {
  const dashboard = dashboardOfSuite({ shards: 2 })
  let clients: MqttClient[]
  before(async () => {
    const names = Array.from({ length: 30 }, (_, number) => `meter-${number}`)
    clients = await Promise.all(
      ['pump/1 ü', ...names].map(async (clientId) => dashboard.managed.connect(clientId)),
    )
    await clients[0]?.subscribeAsync('pumps/+/speed', { qos: 1 })
  })

  test('are listed, filtered and paged', async (context) => {
    const page = await dashboard.open('/clients')
    await page.getByText('31 in all').waitFor()
    assert.equal(await page.locator('tbody tr.ant-table-row').count(), 20)
    await checkAccessibility(page, context)
    await takePicture(page, 'clients')
    await page.getByRole('columnheader', { name: 'Client ID' }).click()
    await page.locator('tr.ant-table-row').first().getByText('meter-0', { exact: true }).waitFor()
    await page.getByTitle('Next Page').click()
    await waitForRows(page, 11)
    await page.getByPlaceholder('Client ID contains').fill('pump')
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'pump/1 ü' }).waitFor()
    await waitForRows(page, 1)
  })

  test('one is shown, is subscribed for, and is kicked out', async (context) => {
    const page = await dashboard.open('/clients/pump%2F1%20%C3%BC')
    await page.getByRole('cell', { name: 'pumps/+/speed' }).waitFor()
    await checkAccessibility(page, context)
    await takePicture(page, 'client')
    await page.getByLabel('Topic filter').fill('more/#')
    await page.getByRole('button', { name: 'Subscribe', exact: true }).click()
    await page.getByRole('cell', { name: 'more/#' }).waitFor()
    const heard = new Promise((resolve) => clients[0]?.once('message', resolve))
    clients[1]?.publish('more/1', 'x')
    assert.equal(await heard, 'more/1')
    const to = page.getByRole('region', { name: 'Messages to it' })
    await to.getByText('1 since it connected').waitFor()
    await to.getByText(/^[\d.]+\/s$/).waitFor()

    await page.getByRole('button', { name: 'Live log' }).click()
    await page.getByText('Nothing has happened yet.').waitFor()
    await clients[0]?.publishAsync('seen/in/the/log', 'x', { qos: 1 })
    await page.getByLabel('Log').getByText('seen/in/the/log').waitFor()
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByText('Nothing has happened yet.').waitFor({ state: 'detached' })
    const traces = await dashboard.managed.call('GET', '/trace')
    assert.deepEqual(traces.body, [])

    const closed = new Promise<void>((resolve) => clients[0]?.once('close', () => resolve()))
    await page.getByRole('button', { name: 'Kick out' }).click()
    await page.getByText('subscriptions and queued messages').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Kick out' }).click()
    await page.getByText('30 in all').waitFor()
    await closed
  })

  test('a client in the browser publishes and receives', async (context) => {
    const page = await dashboard.open('/websocket-client')
    await page.getByRole('button', { name: 'New connection' }).click()
    const port = dashboard.managed.broker.port('ws:default')
    await page.getByLabel('Address').fill(`ws://127.0.0.1:${port}/mqtt`)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'Connect', exact: true }).click()
    await page.getByText('Online').waitFor()
    await page.getByRole('button', { name: 'Subscribe', exact: true }).click()
    await page.getByText('testtopic/#').waitFor()
    await page.getByRole('button', { name: 'Publish', exact: true }).click()
    // The one that went, and the one that came.
    await page.getByText('"msg": "hello"').nth(1).waitFor()
    await checkAccessibility(page, context)
    await takePicture(page, 'websocket-client')
    await page.setViewportSize({ width: 380, height: 760 })
    await takePicture(page, 'websocket-client-narrow')
  })
})
