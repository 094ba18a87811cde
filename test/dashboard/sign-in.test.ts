/** Signing in, and what is remembered, in a real browser. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  BROWSER,
  checkAccessibility,
  type Dashboard,
  startDashboard,
  takePicture,
} from './support/dashboard.ts'

describe('signing in', BROWSER, () => {
  let dashboard: Dashboard
  before(async () => {
    dashboard = await startDashboard({ shards: 1, fresh: true })
  })
  after(async () => dashboard.stop())

  test('the first password must be changed, and the new one works', async (context) => {
    const page = await dashboard.open('/', { signedOut: true })
    await checkAccessibility(page, context)
    await takePicture(page, 'sign-in')
    await page.getByLabel('User name').fill('admin')
    await page.getByLabel('Password', { exact: true }).fill('wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('The user name or the password is wrong.').waitFor()

    await page.getByLabel('Password', { exact: true }).fill('public')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('This is the first password').waitFor()
    await takePicture(page, 'change-password')
    await page.getByLabel('New password', { exact: true }).fill('tide-comes-in-1')
    await page.getByLabel('New password, once more').fill('tide-comes-in-2')
    await page.getByRole('button', { name: 'Change the password' }).click()
    await page.getByText('The two passwords differ.').waitFor()
    await page.getByLabel('New password, once more').fill('tide-comes-in-1')
    await page.getByRole('button', { name: 'Change the password' }).click()
    await page.getByRole('heading', { name: 'Overview' }).waitFor()

    await page.getByRole('button', { name: 'admin' }).click()
    await page.getByLabel('User name').fill('admin')
    await page.getByLabel('Password', { exact: true }).fill('tide-comes-in-1')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.context().close()
  })

  test('language and colours change at once and are remembered', async () => {
    const page = await dashboard.open('/', { signedOut: true })
    await page.getByRole('button', { name: '简体中文' }).click()
    await page.getByRole('button', { name: '登录' }).waitFor()
    await page.getByRole('button', { name: '深色主题' }).click()
    await takePicture(page, 'sign-in-zh-dark')
    const stored = await page.evaluate(() => localStorage.getItem('tideway.preferences'))
    assert.deepEqual(JSON.parse(stored ?? ''), { language: 'zh', theme: 'dark' })
    assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN')
    await page.context().close()
  })
})
