/** Automatic subscriptions, counted topics, slow subscribers and alarms. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BROWSER, checkAccessibility, dashboardOfSuite, waitForRows } from './support/dashboard.ts'

/** A client acknowledges so late that it is slow, on any machine. */
const ACK_DELAY_MS = 300

describe('extensions of MQTT', BROWSER, () => {
  const dashboard = dashboardOfSuite({ shards: 1 })

  test('clients get subscriptions without asking; the order is dragged', async (context) => {
    const { managed } = dashboard
    const page = await dashboard.open('/auto-subscribe')
    await page.getByText('Clients get what they subscribe to, and nothing else.').waitFor()
    for (const topic of ['all/news', 'commands/${clientid}']) {
      await page.getByRole('button', { name: 'New subscription' }).click()
      await page.getByLabel('Topic filter').fill(topic)
      await page.getByLabel('QoS').click()
      await page.getByTitle('1', { exact: true }).last().click()
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByRole('cell', { name: topic, exact: true }).waitFor()
    }
    const rows = page.locator('tr.ant-table-row')
    await rows.nth(1).dragTo(rows.nth(0))
    await rows.nth(0).getByText('commands/').waitFor()
    const { body } = await managed.call('GET', '/mqtt/auto_subscribe')
    const told = body.map(({ topic, qos }: { topic: string; qos: number }) => [topic, qos])
    assert.deepEqual(told, [
      ['commands/${clientid}', 1],
      ['all/news', 1],
    ])
    await checkAccessibility(page, context)
    const client = await managed.connect('pump-1')
    const arrived = new Promise<string>((resolve) => client.on('message', resolve))
    await client.publishAsync('commands/pump-1', 'stop', { qos: 1 })
    assert.equal(await arrived, 'commands/pump-1')
    await page.getByRole('button', { name: 'Delete', exact: true }).first().click()
    await page.getByText('Delete the entry for commands/${clientid}?').last().waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await waitForRows(page, 1)
  })

  test('messages of a topic are counted, from 0 again, and no more', async (context) => {
    const page = await dashboard.open('/topic-metrics')
    await page.getByText('No topic is counted.').waitFor()
    await page.getByRole('button', { name: 'Count it' }).click()
    await page.getByText('This has to be filled in.').waitFor()
    await page.getByLabel('Topic', { exact: true }).fill('plant/speed')
    await page.keyboard.press('Enter')
    const row = page.getByRole('row', { name: /plant\/speed/ })
    await row.waitFor()
    const client = await dashboard.managed.connect('counted')
    await client.publishAsync('plant/speed', '7', { qos: 1 })
    await row.getByRole('cell', { name: '1', exact: true }).first().waitFor()
    await checkAccessibility(page, context)
    await row.getByRole('button', { name: 'Reset' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Reset' }).click()
    await row.getByRole('cell', { name: '1', exact: true }).first().waitFor({ state: 'detached' })
    await row.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await page.getByText('No topic is counted.').waitFor()
  })

  test('slow subscribers are looked for when the settings say so', async (context) => {
    const { managed } = dashboard
    const page = await dashboard.open('/slow-subscriptions')
    await page.getByText('Slow subscriptions are not looked for.').waitFor()
    await page.getByRole('button', { name: 'Settings' }).click()
    await page.getByRole('switch', { name: 'Look for slow subscriptions' }).click()
    await page.getByLabel('Slow from').fill('100ms')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Slow subscriptions are not looked for.').waitFor({ state: 'detached' })
    const slow = await managed.connect('slow-1', {
      customHandleAcks: (_topic, _payload, _packet, done) => {
        setTimeout(() => done(0), ACK_DELAY_MS)
      },
    })
    await slow.subscribeAsync('plant/slow', { qos: 1 })
    await slow.publishAsync('plant/slow', 'x', { qos: 1 })
    await page.getByRole('link', { name: 'slow-1' }).waitFor()
    await checkAccessibility(page, context)
    await page.getByRole('button', { name: 'Forget them' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Forget them' }).click()
    await page.getByText('Nobody is slow: no message took longer than 100ms.').waitFor()
  })

  test('an alarm shows, is ended, and is forgotten', async (context) => {
    const { alarms } = dashboard.managed.management.context
    alarms.set('made_by_hand', true, 'The test has made it.', { part: 7 })
    const page = await dashboard.open('/alarms')
    const row = page.getByRole('row', { name: /made_by_hand/ })
    await row.getByText('The test has made it.').waitFor()
    await row.getByRole('button', { name: 'Expand row' }).click()
    await page.getByText('"part": 7').waitFor()
    await checkAccessibility(page, context)
    await row.getByRole('button', { name: 'End', exact: true }).click()
    await page.getByText('It comes back if its cause is still there.').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'End' }).click()
    await row.waitFor({ state: 'detached' })
    await page.getByText('Ended', { exact: true }).click()
    await row.waitFor()
    await page.getByRole('button', { name: 'Forget the ended ones' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Forget the ended ones' }).click()
    await row.waitFor({ state: 'detached' })
  })
})
