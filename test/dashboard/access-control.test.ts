/** The pages about authentication, authorization and flapping, with a real client. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { named, outcome } from '../access/clients.ts'
import { BROWSER, checkAccessibility, dashboardOfSuite, takePicture } from './support/dashboard.ts'

const NOT_AUTHORIZED = 0x87

describe('access control', BROWSER, () => {
  const dashboard = dashboardOfSuite({ shards: 2 })

  test('what cannot be loaded says why, and is loaded when it is asked for again', async () => {
    const page = await dashboard.open('/about')
    const reason = { code: 'INTERNAL_ERROR', message: 'The disk is away.' }
    await page.route('**/api/v5/authentication', (route) =>
      route.fulfill({ status: 500, json: reason }),
    )
    await page.getByRole('link', { name: 'Authentication' }).click()
    await page.getByText('The disk is away.').waitFor()
    await page.unroute('**/api/v5/authentication')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('There is no authenticator').waitFor()
  })

  test('authenticators are made, ordered by dragging, and get users', async (context) => {
    const page = await dashboard.open('/authentication')
    const port = dashboard.managed.broker.port('tcp:default')
    const add = async (name: string): Promise<void> => {
      await page.getByRole('button', { name: 'Add an authenticator' }).click()
      await page.getByRole('menuitem', { name }).click()
    }
    await page.getByText('There is no authenticator').waitFor()
    await add('Built-in database')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('cell', { name: 'Built-in database', exact: true }).waitFor()
    assert.equal(await outcome(port), NOT_AUTHORIZED)
    await add('JWT')
    await page.getByLabel('secret', { exact: true }).fill('a secret of the test')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('cell', { name: 'JWT', exact: true }).waitFor()
    const ids = async (): Promise<readonly string[]> => {
      const { body } = await dashboard.managed.call('GET', '/authentication')
      return body.map(({ id }: { id: string }) => id)
    }
    const rows = page.locator('tr.ant-table-row')
    await rows.nth(1).dragTo(rows.nth(0))
    await rows.nth(0).getByText('JWT').waitFor()
    assert.deepEqual(await ids(), ['jwt', 'password_based:built_in_database'])
    await page.getByRole('button', { name: 'Move jwt down' }).click()
    await rows.nth(1).getByText('JWT').waitFor()
    await checkAccessibility(page, context)
    await takePicture(page, 'authentication')

    await page.getByRole('button', { name: 'Users', exact: true }).click()
    await page.getByRole('button', { name: 'Add a user' }).click()
    await page.locator('#user_id').fill('ada')
    await page.locator('#password').fill('red pepper')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('cell', { name: 'ada' }).waitFor()
    assert.equal(await outcome(port, named('ada', 'red pepper')), 'accepted')
    const csv = { name: 'users.csv', mimeType: 'text/csv', buffer: Buffer.from(CSV) }
    await page.locator('input[type=file]').setInputFiles(csv)
    await page.getByRole('cell', { name: 'eve' }).waitFor()
    assert.equal(await outcome(port, named('eve', 'green')), 'accepted')
    await checkAccessibility(page, context)
    await takePicture(page, 'authentication-users')
  })

  test('forms have all keys of a kind, in the form that is chosen', async (context) => {
    const page = await dashboard.open('/authentication')
    const add = async (name: string): Promise<void> => {
      await page.getByRole('button', { name: 'Add an authenticator' }).click()
      await page.getByRole('menuitem', { name }).click()
    }
    await add('PostgreSQL')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('This has to be filled in.').waitFor()
    await page.getByLabel('server', { exact: true }).fill('127.0.0.1:1')
    await page.getByRole('button', { name: /^ssl / }).click()
    await page.getByRole('switch', { name: 'ssl.enable' }).click()
    await page.getByLabel('ssl.server_name_indication').fill('db.plant')
    await page.getByLabel('password_hash_algorithm.name').click()
    await page.getByTitle('bcrypt', { exact: true }).click()
    await page.getByLabel('password_hash_algorithm.salt_rounds').waitFor()
    await checkAccessibility(page, context)
    await takePicture(page, 'authentication-postgresql')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('cell', { name: 'PostgreSQL', exact: true }).waitFor()
    const path = '/authentication/password_based:postgresql'
    const { body } = await dashboard.managed.call('GET', path)
    assert.equal(body.ssl.enable, true)
    assert.equal(body.ssl.server_name_indication, 'db.plant')
    assert.equal(body.password_hash_algorithm.name, 'bcrypt')

    await page.getByRole('row', { name: /JWT/ }).getByRole('button', { name: 'Edit' }).click()
    await page.getByLabel('algorithm', { exact: true }).click()
    await page.getByTitle('use_jwks', { exact: true }).click()
    await page.getByLabel('endpoint', { exact: true }).waitFor()
    await page.getByLabel('secret', { exact: true }).waitFor({ state: 'detached' })
  })

  test('sources and rules are made', async (context) => {
    const page = await dashboard.open('/authorization')
    await page.getByText('There is no source').waitFor()
    for (const name of ['Built-in database', 'File (acl.conf)']) {
      await page.getByRole('button', { name: 'Add a source' }).click()
      await page.getByRole('menuitem', { name }).click()
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByRole('cell', { name, exact: true }).waitFor()
    }
    await checkAccessibility(page, context)
    await takePicture(page, 'authorization')
    await page.getByRole('tab', { name: 'Rules in the built-in database' }).click()
    await page.getByRole('button', { name: 'Add rules' }).click()
    await page.getByLabel('User name').last().fill('ada')
    await page.getByLabel('Topic filter').fill('a/${clientid}/#')
    await checkAccessibility(page, context)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('a/${clientid}/#').waitFor()
    const path = '/authorization/sources/built_in_database/rules/users/ada'
    const { body } = await dashboard.managed.call('GET', path)
    const rule = { permission: 'allow', action: 'all', topic: 'a/${clientid}/#' }
    assert.deepEqual(body.rules, [{ ...rule, qos: [0, 1, 2], retain: 'all' }])
    await checkAccessibility(page, context)
    await takePicture(page, 'authorization-rules')
    await page.getByRole('tab', { name: 'Settings' }).click()
    await page.getByLabel('How long a decision is remembered').fill('30s')
    const saved = page.waitForResponse((response) => response.request().method() === 'PUT')
    await page.getByRole('button', { name: 'Save' }).click()
    await saved
    const { body: settings } = await dashboard.managed.call('GET', '/authorization/settings')
    assert.equal(settings.cache.ttl, '30s')
  })

  test('flapping detection is switched on', async (context) => {
    const page = await dashboard.open('/flapping')
    await page.getByRole('switch', { name: 'Ban such clients' }).waitFor()
    await checkAccessibility(page, context)
    await page.getByRole('switch', { name: 'Ban such clients' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    const { body } = await dashboard.managed.call('GET', '/configs/flapping_detect')
    assert.equal(body.enable, true)
  })
})

const CSV = 'user_id,password,is_superuser\neve,green,false\n'
