/** The first page: numbers of this second, history, what needs attention. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { MqttClient } from 'mqtt'
import { BROWSER, checkAccessibility, dashboardOfSuite, takePicture } from './support/dashboard.ts'

describe('overview', BROWSER, () => {
  const dashboard = dashboardOfSuite({ shards: 2 })
  let client: MqttClient
  before(async () => {
    client = await dashboard.managed.connect('a')
  })

  test('numbers change by themselves over one connection', async (context) => {
    const page = await dashboard.open('/overview')
    const streams: string[] = []
    page.on('request', (request) => {
      if (request.url().includes('/stream')) streams.push(request.url())
    })
    await page.reload()
    const connections = page.getByRole('region', { name: 'Connections', exact: true })
    await connections.getByText('1', { exact: true }).waitFor()
    const second = await dashboard.managed.connect('b')
    await connections.getByText('2', { exact: true }).waitFor()
    second.end(true)
    client.publish('nobody/listens', 'x')
    const reasons = page.getByRole('region', { name: /Dropped and refused/ })
    await reasons.getByText('Nobody had subscribed').waitFor()
    assert.equal(streams.length, 1)
    await checkAccessibility(page, context)
    await takePicture(page, 'overview')
  })

  test('charts show a part that is dragged over, shards, and the past', async (context) => {
    const page = await dashboard.open('/overview', { language: 'zh', theme: 'dark' })
    const chart = page.getByRole('img', { name: '每秒消息数' }).locator('.u-over')
    const box = await chart.boundingBox()
    assert.ok(box !== null)
    await page.mouse.move(box.x + 50, box.y + 20)
    await page.mouse.down()
    await page.mouse.move(box.x + 150, box.y + 20)
    await page.mouse.up()
    await page.getByRole('button', { name: '显示全部' }).click()
    await page.getByText('按分片').click()
    await page.getByText('流出 · 分片 1').waitFor()
    await checkAccessibility(page, context)
    await dashboard.managed.management.context.shardSampler.sample()
    await page.getByText('1 小时', { exact: true }).click()
    await page.getByText('流入 · 分片 0').first().waitFor()
    await page.getByText('堆内存 · 分片 1').waitFor()
    await takePicture(page, 'overview-zh-dark')
  })
})
