/** Schemas, validations and transformations: made, tried, put in order, watched, removed. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BROWSER, checkAccessibility, dashboardOfSuite, takePicture } from './support/dashboard.ts'

const SCHEMA = '{"type": "object", "required": ["temp"]}'

describe('what messages pass', BROWSER, () => {
  const dashboard = dashboardOfSuite({ shards: 1 })

  test('a schema is written in its language', async (context) => {
    const page = await dashboard.open('/schemas')
    await page.getByText('There are no schemas.').waitFor()
    await page.getByRole('button', { name: 'New schema' }).click()
    await page.getByLabel('Name', { exact: true }).fill('reading')
    const source = page.getByRole('textbox', { name: 'Schema' })
    await source.fill('{"type": ')
    await page.locator('.cm-lintPoint-error').first().waitFor({ state: 'attached' })
    await source.fill(SCHEMA)
    await checkAccessibility(page, context)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('no validation and no transformation').waitFor()
    const { body } = await dashboard.managed.call('GET', '/schema_registry/reading')
    assert.equal(body.source, SCHEMA)
  })

  test('a validation has checks, and counts what passes', async (context) => {
    const { call, connect } = dashboard.managed
    const page = await dashboard.open('/validations', { theme: 'dark' })
    await page.getByText('There are no validations.').waitFor()
    await page.getByRole('button', { name: 'New validation' }).click()
    await page.getByLabel('Name', { exact: true }).fill('plausible')
    await page.getByLabel('Topic filters').fill('in/#')
    await page.keyboard.press('Enter')
    const statement = page.getByRole('textbox', { name: 'Statement 1' })
    await statement.fill('SELECT payload.temp AS t WHERE t > -50')
    await page.getByRole('button', { name: 'Add a check' }).click()
    await page.getByLabel('Kind of check 2').click()
    await page.getByTitle('JSON Schema').last().click()
    await page.getByLabel('Schema of check 2').click()
    await page.getByTitle('reading').click()
    const lists = page.locator('.ant-select-dropdown:not(.ant-select-dropdown-hidden)')
    await lists.first().waitFor({ state: 'detached' })
    await checkAccessibility(page, context)
    await takePicture(page, 'validation-form-dark')
    await page.getByRole('button', { name: 'Run on the sample' }).click()
    await page.getByText('The message passes.').waitFor()
    await page.getByRole('textbox', { name: 'Sample payload' }).fill('{"temp": -80}')
    await page.getByRole('button', { name: 'Run on the sample' }).click()
    await page.getByText('does not pass: the SQL has no result').waitFor()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('json: reading').waitFor()
    const device = await connect('meter')
    await device.publishAsync('in/1', '{"temp": 20}', { qos: 1 })
    await assert.rejects(device.publishAsync('in/1', '{"temp": -80}', { qos: 1 }))
    await page.getByText('2 matched · 1 passed').waitFor()
    await page.getByText('1 failed').waitFor()
    await checkAccessibility(page, context)
    const { body } = await call('GET', '/schema_validations/validation/plausible')
    assert.deepEqual(body.checks[1], { type: 'json', schema: 'reading' })
    await page.goto(`${dashboard.url}/schemas`)
    await page.getByRole('cell', { name: 'plausible' }).waitFor()
  })

  test('a transformation is tried before it is kept', async (context) => {
    const page = await dashboard.open('/transformations')
    await page.getByRole('button', { name: 'New transformation' }).click()
    await page.getByLabel('Name', { exact: true }).fill('by_client')
    await page.getByLabel('Topic filters').fill('in/#')
    await page.keyboard.press('Enter')
    await page.getByLabel('What change 1 sets').fill('topic')
    await page.getByLabel('Value of change 1').fill("concat([topic, '/', clientid])")
    await page.getByRole('button', { name: 'Run on the sample' }).click()
    await page.getByText('"topic": "in/x/device-1"').waitFor()
    await checkAccessibility(page, context)
    await page.getByLabel('Value of change 1').fill('nothing(')
    await page.getByRole('button', { name: 'Run on the sample' }).click()
    await page.locator('.ant-alert-warning').waitFor()
    await page.getByLabel('Value of change 1').fill("concat([topic, '/', clientid])")
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('switch', { name: 'Use by_client' }).waitFor()
  })

  test('their order is changed with a keyboard; they are switched off and removed', async () => {
    const { call } = dashboard.managed
    const operations = [{ key: 'qos', value: '1' }]
    const body = { name: 'second', topics: 'in/#', failure_action: 'drop', operations }
    assert.equal((await call('POST', '/message_transformations', { body })).status, 201)
    const page = await dashboard.open('/transformations', { language: 'zh' })
    await page.getByRole('button', { name: '上移 second' }).focus()
    await page.keyboard.press('Enter')
    await page.locator('tr.ant-table-row', { hasText: 'second' }).first().waitFor()
    await page.getByText('顺序已调整。').waitFor()
    const { body: all } = await call('GET', '/message_transformations')
    assert.deepEqual(
      all.map(({ name }: { name: string }) => name),
      ['second', 'by_client'],
    )
    await page.getByRole('switch', { name: '启用 second' }).click()
    await page.locator('[role=switch][aria-checked=false]').waitFor()
    const row = page.locator('tr.ant-table-row', { hasText: 'by_client' })
    await row.getByRole('button', { name: '删除' }).click()
    await page.getByRole('dialog').getByText('发布到 in/# 的消息不再由它转换。').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: '删除' }).click()
    await row.waitFor({ state: 'detached' })
  })
})
