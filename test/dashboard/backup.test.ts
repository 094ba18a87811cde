/** Backups, made and restored in the browser. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { PASSWORD } from '../management/support/managed-broker.ts'
import { BROWSER, dashboardOfSuite } from './support/dashboard.ts'

describe('backup', BROWSER, () => {
  const dashboard = dashboardOfSuite({ shards: 1 })

  test('a ban that was lifted comes back with the backup', async () => {
    const { call } = dashboard.managed
    await call('POST', '/banned', { body: { as: 'clientid', who: 'rogue' } })
    const page = await dashboard.open('/backup')
    await page.getByRole('button', { name: 'Make a backup' }).click()
    const row = page.locator('tr.ant-table-row')
    await row.waitFor()
    const saving = page.waitForEvent('download')
    await row.getByRole('button', { name: 'Download' }).click()
    const file = await (await saving).path()
    await call('DELETE', '/banned')
    await row.getByRole('button', { name: 'Delete' }).click()
    await page.locator('.ant-modal').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('There is no backup.').waitFor()

    await page.locator('input[type=file]').setInputFiles({
      name: 'plant.tar.gz',
      mimeType: 'application/gzip',
      buffer: readFileSync(file),
    })
    await row.getByRole('button', { name: 'Restore' }).click()
    await page.locator('.ant-modal').getByRole('button', { name: 'Restore' }).click()
    // The users came back too: who was signed in signs in again.
    await page.getByText('Your session has ended.').waitFor()
    const login = await call('POST', '/login', { body: { username: 'admin', password: PASSWORD } })
    const { body } = await call('GET', '/banned', { auth: `Bearer ${login.body.token}` })
    assert.equal(body.data[0].who, 'rogue')
  })
})
