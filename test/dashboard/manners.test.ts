/** What holds for the dashboard as a whole, whatever page is open. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PASSWORD } from '../management/support/managed-broker.ts'
import { BROWSER, dashboardOfSuite, takePicture } from './support/dashboard.ts'

/** What the first page may weigh on its way to the browser. */
const FIRST_LOAD_BYTES_MAX = 300_000

describe('the dashboard', BROWSER, () => {
  const dashboard = dashboardOfSuite({ shards: 1 })

  for (const [name, path, window] of [
    ['signing in', '/', { signedOut: true }],
    ['the overview', '/overview', {}],
  ] as const) {
    test(`loads less than 300 KB for ${name}`, async (context) => {
      const page = await dashboard.open('/api-docs', window)
      let bytes = 0
      page.on('response', (response) => {
        const { 'content-length': length, 'content-encoding': encoding } = response.headers()
        if (!/\.(js|css)$/.test(response.url())) return
        bytes += Number(length)
        if (Number(length) > 10_000) assert.equal(encoding, 'br', response.url())
      })
      const answer = await page.goto(dashboard.url + path)
      await page.locator('main h1').waitFor()
      context.diagnostic(`${Math.round(bytes / 1000)} KB`)
      assert.ok(bytes > 100_000 && bytes < FIRST_LOAD_BYTES_MAX, `${bytes} bytes`)
      assert.match(answer?.headers()['content-security-policy'] ?? '', /default-src 'self'/)
    })
  }

  test('says when the broker is away, and when it is back', async () => {
    const page = await dashboard.open('/listeners')
    await page.getByText('Running').first().waitFor()
    await page.route('**/api/v5/**', async (route) => route.abort())
    await page.getByText('The broker does not answer. What you see may be old').waitFor()
    await takePicture(page, 'broker-away')
    await page.unroute('**/api/v5/**')
    await page
      .getByText('The broker does not answer. What you see may be old')
      .waitFor({ state: 'detached' })
  })

  test('shows what failed, and keeps the menu, when a page breaks', async () => {
    const page = await dashboard.open('/about')
    await page.route('**/api/v5/listeners', async (route) => route.fulfill({ json: [{}] }))
    await page.getByRole('link', { name: 'Listeners' }).click()
    await page.getByText('This could not be loaded.').waitFor()
    await page.unroute('**/api/v5/listeners')
    await page.getByRole('link', { name: 'Users', exact: true }).click()
    await page.getByRole('cell', { name: 'admin', exact: true }).waitFor()
  })

  test('a viewer sees everything and changes nothing', async () => {
    const viewer = { username: 'vera', password: 'looks-only-1' }
    await dashboard.managed.call('POST', '/users', { body: { ...viewer, role: 'viewer' } })
    const page = await dashboard.open('/banned', { signedOut: true })
    await page.getByLabel('User name').fill(viewer.username)
    await page.getByLabel('Password', { exact: true }).fill(viewer.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Nobody is banned.').waitFor()
    assert.ok(await page.getByRole('button', { name: 'New ban' }).isDisabled())
    assert.ok(await page.getByRole('button', { name: 'Lift all' }).isDisabled())
  })

  test('a session that has ended asks for the password, and goes on where it was', async () => {
    const { body } = await dashboard.managed.call('POST', '/login', {
      body: { username: 'admin', password: PASSWORD },
    })
    const page = await dashboard.open('/banned', { token: body.token })
    await page.getByText('Nobody is banned.').waitFor()
    await dashboard.managed.call('POST', '/logout', { auth: `Bearer ${body.token}` })
    await page.getByRole('link', { name: 'Audit' }).click()
    await page.getByText('Your session has ended.').waitFor()
    await page.getByLabel('User name').fill('admin')
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Audit' }).waitFor()
  })
})
