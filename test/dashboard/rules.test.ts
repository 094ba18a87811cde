/** The page of rules: a rule is written, tried, watched, changed and removed. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { MqttClient } from 'mqtt'
import { until } from '../integrations/support/integration-rig.ts'
import { BROWSER, checkAccessibility, dashboardOfSuite, takePicture } from './support/dashboard.ts'

describe('rules', BROWSER, () => {
  const dashboard = dashboardOfSuite({ shards: 1 })
  let device: MqttClient
  before(async () => {
    device = await dashboard.managed.connect('oven')
    await device.subscribeAsync('alarms/#', { qos: 1 })
  })

  test('one is written, with suggestions and mistakes at their places', async (context) => {
    const page = await dashboard.open('/rules')
    await page.getByText('There are no rules').waitFor()
    await page.getByRole('button', { name: 'New rule' }).click()
    const statement = page.getByRole('textbox', { name: 'Statement' })
    await statement.fill('SELECT uper(topic) FROM "ovens/#"')
    await page.getByText(/Line 1, column 8 .*did you mean upper/).waitFor()
    await page.locator('.cm-lintRange-error').first().waitFor()
    await takePicture(page, 'rule-mistake')
    await checkAccessibility(page, context)
    await statement.fill('')
    await statement.pressSequentially('SELECT payl')
    const suggested = page.getByRole('option', { name: 'payload.temp' })
    await suggested.waitFor()
    await checkAccessibility(page, context)
    await takePicture(page, 'rule-suggestions')
    await suggested.click()
    assert.equal(await statement.textContent(), 'SELECT payload.temp')
    await statement.pressSequentially(', upp')
    await page.getByText("upper('").first().waitFor()
    await page.keyboard.press('Escape')
    await statement.fill('SELECT payload.temp AS temp, clientid FROM "ovens/#" WHERE temp > 30')
    await page.getByText('Nothing is wrong').waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Tab')
    assert.equal(await statement.evaluate((one) => one.matches(':focus')), false)
    await page.getByRole('button', { name: 'Add an action' }).click()
    await page.getByLabel('Topic', { exact: true }).first().fill('alarms/${clientid}')
    await page.getByLabel('ID', { exact: true }).fill('hot')
    await page.getByRole('button', { name: 'Run on the sample' }).click()
    await page.getByLabel('Output').getByText('"temp": 31.5').waitFor()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'hot' }).waitFor()
    await page.mouse.move(0, 0)
    await takePicture(page, 'rule')
    await checkAccessibility(page, context)
  })

  test('one is watched while messages come: why they pass, or do not', async (context) => {
    const page = await dashboard.open('/rules/id/hot')
    const traced = page.waitForResponse((response) => response.url().includes('/rules/hot/trace'))
    await page.getByRole('tab', { name: 'Live messages' }).click()
    await traced
    const heard = new Promise((resolve) => device.once('message', resolve))
    await device.publishAsync('ovens/1', '{"temp": 20}', { qos: 1 })
    await device.publishAsync('ovens/1', '{"temp": 99}', { qos: 1 })
    assert.equal(await heard, 'alarms/oven')
    await page.getByText('temp > 30').last().waitFor()
    await page.getByText('action_succeeded').waitFor()
    await checkAccessibility(page, context)
    await takePicture(page, 'rule-live')
    await page.getByRole('tab', { name: 'Numbers' }).click()
    await page.getByText('Condition not met').waitFor()
    await checkAccessibility(page, context)
  })

  test('a statement that is not saved is tested on the messages that pass', async (context) => {
    const page = await dashboard.open('/rules/new')
    const statement = page.getByRole('textbox', { name: 'Statement' })
    await statement.fill('SELECT payload.temp AS temp FROM "kilns/#" WHERE temp > 500')
    await page.keyboard.press('Escape')
    await page.getByRole('tab', { name: 'Live test' }).click()
    await page.getByRole('button', { name: 'Test against live messages' }).click()
    await page.getByText('Running: messages appear').waitFor()
    await device.publishAsync('kilns/1', '{"temp": 20}', { qos: 1 })
    await device.publishAsync('kilns/1', '{"temp": 900}', { qos: 1 })
    await page.getByText('output {"temp":900}').waitFor()
    await page.getByText('values {"temp":20}').waitFor()
    await checkAccessibility(page, context)
    await takePicture(page, 'rule-live-test')
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByText('Stopped.').waitFor()
    const { liveTests } = dashboard.managed.management.context
    await until('no test runs', () => liveTests.count === 0)
  })

  test('one can be written in Chinese on dark ground', async (context) => {
    const page = await dashboard.open('/rules/new', { language: 'zh', theme: 'dark' })
    await page.getByText('语句没有错误').waitFor()
    await checkAccessibility(page, context)
    await takePicture(page, 'rule-zh-dark')
  })

  test('they are listed, switched off and removed', async (context) => {
    const page = await dashboard.open('/rules')
    await page.getByRole('link', { name: 'hot' }).waitFor()
    await page.getByText('2 matched').waitFor()
    await checkAccessibility(page, context)
    await takePicture(page, 'rules')
    await page.getByRole('switch', { name: 'Run the rule hot' }).click()
    await page.locator('[role=switch][aria-checked=false]').waitFor()
    const { body } = await dashboard.managed.call('GET', '/rules/hot')
    assert.equal(body.enable, false)
    assert.match(body.sql, /^SELECT payload\.temp AS temp/)
    await page.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await page.getByText('There are no rules').waitFor()
  })
})
