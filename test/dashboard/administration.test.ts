/** What administrators change: listeners, bans, rewriting, users, keys. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import mqtt from 'mqtt'
import {
  BROWSER,
  checkAccessibility,
  dashboardOfSuite,
  takePicture,
  waitForRows,
} from './support/dashboard.ts'

describe('administration', BROWSER, () => {
  const dashboard = dashboardOfSuite({ shards: 1 })

  test('a listener is made, stopped and deleted', async (context) => {
    const page = await dashboard.open('/listeners')
    await waitForRows(page, 2)
    await page.getByRole('button', { name: 'New listener' }).click()
    await page.getByLabel('Name').fill('extra')
    await page.getByLabel('Address').fill('127.0.0.1:0')
    await page.getByLabel('Messages of each client').fill('100/s')
    await page.getByText('JSON', { exact: true }).click()
    await page.getByText('"messages_rate": "100/s"').waitFor()
    await checkAccessibility(page, context)
    await page.getByRole('button', { name: 'Save' }).click()
    const row = page.getByRole('row', { name: 'tcp:extra' })
    await row.getByText('Running').waitFor()
    await row.getByRole('button', { name: 'Stop' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click()
    await row.getByText('Stopped').waitFor()
    await takePicture(page, 'listeners')
    await row.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await waitForRows(page, 2)
  })

  test('who is banned is disconnected, and let in again', async () => {
    const port = dashboard.managed.broker.port('tcp:default')
    const url = `mqtt://127.0.0.1:${port}`
    const client = await mqtt.connectAsync(url, { clientId: 'rogue', reconnectPeriod: 0 })
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
    const page = await dashboard.open('/banned')
    await page.getByRole('button', { name: 'New ban' }).click()
    await page.getByRole('textbox', { name: 'Who' }).fill('rogue')
    await page.getByLabel('Reason').fill('floods the plant')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('cell', { name: 'floods the plant' }).waitFor()
    await closed
    await page.getByRole('button', { name: 'Lift', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Lift' }).click()
    await page.getByText('Nobody is banned.').waitFor()
    const back = await mqtt.connectAsync(url, { clientId: 'rogue', reconnectPeriod: 0 })
    await back.endAsync()
  })

  test('topics are rewritten in the order of the rules', async (context) => {
    const page = await dashboard.open('/rewrite')
    for (const name of ['first', 'second']) {
      await page.getByRole('button', { name: 'New rule' }).click()
      await page.getByLabel('Topics').fill(`${name}/#`)
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByRole('cell', { name: `${name}/#`, exact: true }).waitFor()
    }
    await page.getByRole('button', { name: 'Move second/# up' }).click()
    await page
      .getByRole('button', { name: 'Move first/# up' })
      .and(page.locator(':enabled'))
      .waitFor()
    const { body } = await dashboard.managed.call('GET', '/mqtt/topic_rewrite')
    assert.deepEqual(
      body.map((rule: { source_topic: string }) => rule.source_topic),
      ['second/#', 'first/#'],
    )
    await checkAccessibility(page, context)
  })

  test('a user and a key are made; the secret of the key shows once', async (context) => {
    const page = await dashboard.open('/users')
    await page.getByRole('button', { name: 'New user' }).click()
    await page.getByLabel('User name').fill('eve')
    await page.getByLabel('Password', { exact: true }).fill('looks-only-1')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('row', { name: /^eve .*Viewer/ }).waitFor()
    await page.goto(`${dashboard.url}/api-keys`)
    await page.getByRole('button', { name: 'New API key' }).click()
    await page.getByLabel('Name').fill('collector')
    await page.getByRole('button', { name: 'Save' }).click()
    const dialog = page.getByRole('dialog', { name: 'The key collector' })
    await dialog.getByText('The secret shows now and never again.').waitFor()
    await checkAccessibility(page, context)
    await dialog.getByRole('button', { name: 'I have kept it' }).click()
    await page.getByRole('row', { name: 'collector' }).waitFor()
    await page.goto(`${dashboard.url}/audit`)
    await page.getByText('POST /api_key').waitFor()
  })
  test('the log is followed, and searched', async (context) => {
    const { log } = dashboard.managed.broker
    log.warn('pump_slow', { pump: 'p1', password: 'hunter2' })
    const page = await dashboard.open('/logs')
    const lines = page.getByRole('log')
    await lines.getByText('pump_slow').waitFor()
    await lines.getByText('password: ******').waitFor()
    log.error('pump_stopped', { pump: 'p1' })
    await lines.getByText('pump_stopped').waitFor()
    await checkAccessibility(page, context)
    await takePicture(page, 'logs')
    await page.getByLabel('Event or field contains').fill('slow')
    await page.keyboard.press('Enter')
    await lines.getByText('pump_stopped').waitFor({ state: 'detached' })
    await lines.getByText('pump_slow').waitFor()
    await page.getByLabel('Event or field contains').fill('no such event')
    await page.keyboard.press('Enter')
    await page.getByText('No such line was logged lately.').waitFor()
  })
})
