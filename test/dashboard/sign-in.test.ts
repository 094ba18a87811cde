/** Signing in, and what is remembered, in a real browser. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CLIENT, startProvider } from '../support/servers/oidc-provider.ts'
import { BROWSER, checkAccessibility, dashboardOfSuite, takePicture } from './support/dashboard.ts'

describe('signing in', BROWSER, () => {
  const dashboard = dashboardOfSuite({ shards: 1, fresh: true })

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
  })
})

describe('signing in by somebody else', BROWSER, () => {
  const dashboard = dashboardOfSuite({ threads: 'inline' })

  test('leads to the provider and back, says what went wrong, and ends', async (context) => {
    const provider = await startProvider(dashboard.url)
    context.after(() => provider.close())
    const put = (issuer: string) =>
      dashboard.managed.call('PUT', '/sso/oidc', {
        body: {
          backend: 'oidc',
          enable: true,
          issuer,
          clientid: CLIENT.id,
          secret: CLIENT.secret,
          dashboard_addr: dashboard.url,
          role_expr: 'if .sub == "eve" then empty else "viewer" end',
        },
      })
    assert.equal((await put('http://127.0.0.1:1')).status, 200)
    const page = await dashboard.open('/', { signedOut: true })
    const button = page.getByRole('button', { name: 'Sign in with OpenID Connect' })
    await button.click()
    await page.getByText('cannot be asked').waitFor()
    await takePicture(page, 'sign-in-sso')
    await checkAccessibility(page, context)

    assert.equal((await put(provider.issuer)).status, 200)
    const goThrough = async (name: string): Promise<void> => {
      await button.click()
      await page.locator('input[name=login]').fill(name)
      await page.locator('input[name=password]').fill('x')
      await page.locator('button[type=submit]').click()
      await page.getByRole('button', { name: 'Continue' }).click()
    }
    await goThrough('eve')
    await page.getByText('You have no role here').waitFor()
    assert.equal(new URL(page.url()).search, '')
    await page.context().clearCookies()

    await goThrough('ada')
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    assert.equal(new URL(page.url()).search, '')
    await page.getByRole('link', { name: 'Users', exact: true }).click()
    await page.getByRole('row', { name: /ada.*OIDC.*Viewer/ }).waitFor()
    await page.getByRole('button', { name: 'ada' }).click()
    await page.getByLabel('User name').waitFor()
  })
})
