/** The pages about topics and messages: tree, subscriptions, retained, delayed. */
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

describe('topics and messages', BROWSER, () => {
  const dashboard = dashboardOfSuite({ shards: 2 })
  let client: MqttClient
  before(async () => {
    client = await dashboard.managed.connect('pump-1')
    await client.subscribeAsync({ 'plant/+/speed': { qos: 1 }, '$share/g/plant/#': { qos: 0 } })
    const keep = { retain: true, qos: 1 } as const
    await client.publishAsync('plant/a/state', '{"on":true}', keep)
    await client.publishAsync('plant/b/state', Buffer.from([0xa1, 0x61, 0x6e, 7]), keep)
    await client.publishAsync('office/lights', 'off', keep)
    await client.publishAsync('$delayed/3600/plant/stop', 'later', { qos: 1 })
  })

  test('a tree opens level by level and shows who gets a topic, and its value', async (context) => {
    const page = await dashboard.open('/topics')
    const asked: string[] = []
    page.on('request', (request) => {
      if (request.url().includes('/topic_levels')) asked.push(new URL(request.url()).search)
    })
    const tree = page.getByRole('tree')
    const open = async (name: RegExp): Promise<void> =>
      page.locator('.ant-tree-treenode', { hasText: name }).locator('.ant-tree-switcher').click()
    await page.getByText('plant').first().waitFor()
    await open(/^plant/)
    await open(/^a$/)
    await page.locator('.ant-tree-treenode', { hasText: /^state/ }).click()
    await page.getByText('"on": true').waitFor()
    await page.getByRole('link', { name: 'pump-1' }).waitFor()
    assert.deepEqual(asked.slice(-2), ['?parent=plant', '?parent=plant%2Fa'])
    await page.getByRole('button', { name: 'Count its messages from now on' }).click()
    await page.getByText('Received').waitFor()
    assert.equal(await tree.count(), 1)
    await checkAccessibility(page, context)
    await takePicture(page, 'topics')
  })

  test('subscriptions are found by the topic that they match', async (context) => {
    const page = await dashboard.open('/subscriptions')
    await waitForRows(page, 2)
    await page.getByPlaceholder('Who gets this topic?').fill('plant/a/speed')
    await page.keyboard.press('Enter')
    await waitForRows(page, 2)
    await page.getByPlaceholder('Who gets this topic?').fill('plant/a')
    await page.keyboard.press('Enter')
    await waitForRows(page, 1)
    await page.getByText('$share/g').waitFor()
    await checkAccessibility(page, context)
    await takePicture(page, 'subscriptions')
  })

  test('a topic that a client has for itself is released', async (context) => {
    const { connect } = dashboard.managed
    const page = await dashboard.open('/subscriptions/exclusive')
    await page.getByText('Nobody has a topic for itself.').waitFor()
    const holder = await connect('holder')
    await holder.subscribeAsync('$exclusive/plant/valve', { qos: 1 })
    await page.reload()
    const row = page.getByRole('row', { name: /plant\/valve/ })
    await row.getByRole('link', { name: 'holder' }).waitFor()
    await checkAccessibility(page, context)
    await takePicture(page, 'exclusive-topics')
    await row.getByRole('button', { name: 'Release' }).click()
    await page.getByText('holder loses its subscription without being told').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Release' }).click()
    await page.getByText('Nobody has a topic for itself.').waitFor()
    const second = await connect('second')
    const [granted] = await second.subscribeAsync('$exclusive/plant/valve', { qos: 1 })
    assert.equal(granted?.qos, 1)
  })

  test('retained messages are read as CBOR and deleted by filter', async (context) => {
    const page = await dashboard.open('/retained')
    await page.getByRole('button', { name: 'plant/b/state' }).click()
    await page.getByText('CBOR').click()
    await page.getByText('"n": 7').waitFor()
    await checkAccessibility(page, context)
    await takePicture(page, 'retained')
    await page.keyboard.press('Escape')
    await page.getByPlaceholder('Topic filter such as').fill('plant/#')
    await page.keyboard.press('Enter')
    await waitForRows(page, 2)
    await page.getByRole('button', { name: 'Delete all that match' }).click()
    await page.getByText('Delete all retained messages that match plant/#?').last().waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete all that match' }).click()
    await page.getByText('No retained message matches this filter.').waitFor()
    const { body } = await dashboard.managed.call('GET', '/mqtt/retainer/messages?topic=office/%23')
    assert.equal(body.data.length, 1)
  })

  test('a delayed message is read and cancelled', async (context) => {
    const page = await dashboard.open('/delayed', { language: 'zh', theme: 'dark' })
    await waitForRows(page, 1)
    await checkAccessibility(page, context)
    await takePicture(page, 'delayed-zh-dark')
    await page.getByRole('button', { name: 'plant/stop' }).click()
    await page.getByText('later').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: '取消', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: '取消' }).last().click()
    await page.getByText('没有等待中的消息').waitFor()
  })
})
