/** Connectors, actions and sources: made with forms, tried, watched, and removed. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { launchHttp, type LocalServer } from '../support/servers/local-server.ts'
import { BROWSER, checkAccessibility, dashboardOfSuite, takePicture } from './support/dashboard.ts'

describe('integrations', BROWSER, () => {
  const dashboard = dashboardOfSuite({ shards: 1 })
  let server: LocalServer
  const bodies: string[] = []
  before(async () => {
    server = await launchHttp(({ body }, response) => {
      bodies.push(body)
      response.end()
    })
  })
  after(async () => server.remove())

  async function pick(page: Page, button: string, type: string): Promise<void> {
    await page.getByRole('button', { name: button }).click()
    await page.getByLabel('Search types').fill(type)
    await page.locator('.integration-types button').click()
    await page.getByLabel('Name', { exact: true }).waitFor()
  }

  test('a connector is written in a form of its type, and tried before', async (context) => {
    const page = await dashboard.open('/connectors')
    await page.getByText('There are no connectors.').waitFor()
    await pick(page, 'New connector', 'webhook')
    await page.getByLabel('Name', { exact: true }).fill('hook')
    await page.getByLabel('url', { exact: true }).fill('http://127.0.0.1:1')
    await page.getByRole('button', { name: 'Test connection' }).click()
    await page.getByText(/ECONNREFUSED|refused/).waitFor()
    await page.getByLabel('url', { exact: true }).fill(`http://127.0.0.1:${server.port}`)
    await page.getByRole('button', { name: 'Test connection' }).click()
    await page.getByText('It works.').waitFor()
    await page.getByLabel('pool_size').fill('3')
    await checkAccessibility(page, context)
    await takePicture(page, 'connector-form')
    await page.getByText('JSON', { exact: true }).click()
    const url = `http://127.0.0.1:${server.port}`
    const shown = await page.getByLabel('What the API gets').textContent()
    assert.deepEqual(JSON.parse(shown ?? ''), { type: 'http', name: 'hook', url, pool_size: 3 })
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('link', { name: 'hook' }).waitFor()
    await page.getByText('Connected', { exact: true }).waitFor()
    await checkAccessibility(page, context)
  })

  test('an action has a connector, a template, and what to do instead', async (context) => {
    const { call } = dashboard.managed
    const body = { type: 'http', name: 'spare', connector: 'hook', parameters: {} }
    assert.equal((await call('POST', '/actions', { body })).status, 201)
    const page = await dashboard.open('/actions', { theme: 'dark' })
    await pick(page, 'New action', 'webhook')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('This has to be filled in.').first().waitFor()
    await page.getByLabel('Name', { exact: true }).fill('orders')
    await page.getByLabel('connector', { exact: true }).click()
    await page.getByTitle('hook').click()
    await page.getByRole('textbox', { name: 'parameters.body' }).fill('{"v": ${payload.v}}')
    await page.getByRole('button', { name: 'Add to parameters.headers' }).click()
    await page.getByLabel('Name 1 of parameters.headers').fill('x-line')
    await page.getByLabel('Value 1 of parameters.headers').fill('${topic}')
    await page.getByRole('button', { name: /fallback_actions/ }).click()
    await page.getByRole('button', { name: 'Add to fallback_actions' }).click()
    await page.getByLabel('fallback_actions.type').fill('http')
    await page.getByLabel('fallback_actions.name').fill('spare')
    await checkAccessibility(page, context)
    await takePicture(page, 'action-form-dark')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('link', { name: 'orders' }).waitFor()
    const { body: made } = await call('GET', '/actions/http:orders')
    assert.equal(made.parameters.body, '{"v": ${payload.v}}')
    assert.deepEqual(made.parameters.headers, { 'x-line': '${topic}' })
    assert.deepEqual(made.fallback_actions, [{ kind: 'reference', type: 'http', name: 'spare' }])
  })

  test('its numbers are shown, and its rules; it can be changed', async (context) => {
    const { call, connect } = dashboard.managed
    const rule = { id: 'out', sql: 'SELECT * FROM "t/#"', actions: ['http:orders'] }
    assert.equal((await call('POST', '/rules', { body: rule })).status, 201)
    const page = await dashboard.open('/actions/id/http%3Aorders')
    await page.getByText('Connected', { exact: true }).waitFor()
    const device = await connect('sender')
    await device.publishAsync('t/1', '{"v": 7}', { qos: 1 })
    await page.locator('.ant-statistic', { hasText: /^Delivered1$/ }).waitFor()
    assert.equal(bodies.at(-1), '{"v": 7}')
    await page.getByRole('link', { name: 'rule out' }).waitFor()
    await checkAccessibility(page, context)
    await takePicture(page, 'action')
    await page.getByRole('button', { name: 'Reset the numbers' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Reset the numbers' }).click()
    await page.locator('.ant-statistic', { hasText: /^Delivered0$/ }).waitFor()
    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByLabel('description').fill('All orders')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('All orders').first().waitFor()
    const { body } = await call('GET', '/actions/http:orders')
    assert.equal(body.parameters.body, '{"v": ${payload.v}}')
  })

  test('a rule gets an action on its page; all rules stand in a picture', async (context) => {
    const page = await dashboard.open('/rules/id/out')
    await page.getByRole('link', { name: 'Its page' }).waitFor()
    await page.getByText(/\d delivered/).waitFor()
    await page.getByRole('button', { name: 'Add an action' }).click()
    await page.getByLabel('Kind of action 2').click()
    await page.getByTitle('To another system').last().click()
    await page.getByRole('button', { name: 'New action' }).last().click()
    await page.getByLabel('Search types').fill('webhook')
    await page.locator('.integration-types button').click()
    await page.locator('.ant-drawer').getByLabel('Name', { exact: true }).fill('copies')
    await page.getByLabel('connector', { exact: true }).click()
    await page.getByTitle('hook', { exact: true }).click()
    await page.locator('.ant-drawer-footer').getByRole('button', { name: 'Save' }).click()
    await page.locator('.flow-box', { hasText: 'http:copies' }).waitFor()
    await checkAccessibility(page, context)
    await page.locator('main').getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved. It runs like this from now on.').waitFor()
    const { body } = await dashboard.managed.call('GET', '/rules/out')
    assert.deepEqual(body.actions, ['http:orders', 'http:copies'])
    const narrow = await dashboard.open('/rules', { width: 380, height: 800 })
    await narrow.getByRole('button', { name: 'Flow' }).click()
    await narrow.locator('.flow-box', { hasText: 'http:copies' }).waitFor()
    await narrow.getByText('As a list').click()
    await checkAccessibility(narrow, context)
    await takePicture(narrow, 'flow-narrow')
    await narrow.getByRole('link', { name: 'http:orders' }).click()
    await narrow.getByRole('heading', { name: 'http:orders' }).waitFor()
  })

  test('a source of another system is written too, and tells why it does not work', async () => {
    const { call } = dashboard.managed
    const body = { type: 'mqtt', name: 'plant', server: '127.0.0.1:1' }
    assert.equal((await call('POST', '/connectors', { body })).status, 201)
    const page = await dashboard.open('/sources', { language: 'zh', width: 380, height: 800 })
    await page.getByText('还没有数据源').waitFor()
    await page.getByRole('button', { name: '新建数据源' }).click()
    await page.getByRole('button', { name: /^MQTT 服务器/ }).click()
    await page.getByLabel('名称', { exact: true }).fill('lines')
    await page.getByLabel('connector', { exact: true }).click()
    await page.getByTitle('plant').click()
    await page.getByLabel('parameters.topic').fill('lines/#')
    await page.getByRole('button', { name: '保存' }).click()
    await page.getByRole('link', { name: 'lines' }).waitFor()
    await page
      .getByText(/ECONNREFUSED|refused/)
      .first()
      .waitFor()
  })

  test('what goes with a connector is named before it is deleted', async () => {
    const page = await dashboard.open('/connectors')
    const row = page.locator('tr.ant-table-row', { hasText: 'hook' })
    await row.getByRole('switch', { name: 'Use http:hook' }).click()
    await row.getByText('Switched off').waitFor()
    await row.getByRole('switch', { name: 'Use http:hook' }).click()
    await row.getByText('Connected', { exact: true }).waitFor()
    await row.getByRole('button', { name: 'Restart' }).click()
    await page.getByText('It is connected.').waitFor()
    await row.getByRole('button', { name: 'Delete' }).click()
    const question = page.getByRole('dialog')
    await question.getByText(/Deleted with it: http:\w+, http:\w+, http:\w+/).waitFor()
    await question.getByRole('button', { name: 'Delete' }).click()
    await row.waitFor({ state: 'detached' })
    const { call } = dashboard.managed
    assert.deepEqual((await call('GET', '/actions')).body, [])
    assert.deepEqual((await call('GET', '/rules/out')).body.actions, [])
  })
})
