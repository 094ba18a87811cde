/** The configuration as forms, its history, and traces. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import mqtt from 'mqtt'
import {
  BROWSER,
  checkAccessibility,
  type Dashboard,
  startDashboard,
  takePicture,
} from './support/dashboard.ts'

describe('configuration', BROWSER, () => {
  let dashboard: Dashboard
  before(async () => {
    dashboard = await startDashboard({ shards: 1 })
  })
  after(async () => dashboard.stop())

  const inflight = async (): Promise<unknown> => {
    const { body } = await dashboard.managed.call('GET', '/configs/mqtt')
    return body.max_inflight
  }

  test('is changed after a look at what would change, and taken back', async (context) => {
    const page = await dashboard.open('/configuration')
    const before = await inflight()
    await page.getByLabel('max_inflight').fill('77')
    await page.getByText('Changed keys, not applied yet: 1').waitFor()
    await page.getByRole('button', { name: 'Look at the changes' }).click()
    await page.getByText('+ 77').waitFor()
    await checkAccessibility(page, context)
    await takePicture(page, 'configuration-review')
    assert.equal(await inflight(), before)
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByText('changed at run time').waitFor()
    assert.equal(await inflight(), 77)

    await page.getByText('History', { exact: true }).click()
    await page.getByRole('cell', { name: 'mqtt.max_inflight' }).waitFor()
    await page.getByRole('button', { name: 'Go back to it' }).last().click()
    await page.getByText('− 77').waitFor()
    await checkAccessibility(page, context)
    const drawer = page.locator('.ant-drawer')
    await drawer.getByRole('button', { name: 'Go back to it' }).click()
    await page.locator('.ant-modal').getByRole('button', { name: 'Go back to it' }).click()
    await page.getByText('The configuration is as it was.').waitFor()
    assert.equal(await inflight(), before)
    await page.context().close()
  })

  test('what is wrong is refused with its place', async () => {
    const page = await dashboard.open('/configuration')
    await page.getByLabel('idle_timeout').fill('soon')
    await page.getByRole('button', { name: 'Look at the changes' }).click()
    await page.getByText('mqtt.idle_timeout').last().waitFor()
    assert.ok(await page.getByRole('button', { name: 'Apply' }).isDisabled())
    await page.context().close()
  })

  test('a trace is followed while it is written', async (context) => {
    const page = await dashboard.open('/trace')
    await page.getByRole('button', { name: 'New trace' }).click()
    await page.getByLabel('Name').fill('watched')
    await page.getByLabel('Which').fill('pump-7')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('row', { name: 'watched' }).getByText('Running').waitFor()
    await page.getByRole('button', { name: 'watched' }).click()
    const port = dashboard.managed.broker.port('tcp:default')
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: 'pump-7' })
    await client.publishAsync('plant/speed', 'seven', { qos: 1 })
    await page.getByLabel('Log').getByText('plant/speed').waitFor()
    await checkAccessibility(page, context)
    await takePicture(page, 'trace')
    await client.endAsync()
    await page.context().close()
  })
})
