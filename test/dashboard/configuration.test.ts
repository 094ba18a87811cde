/** The configuration as forms, its history, and traces. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import mqtt from 'mqtt'
import { BROWSER, checkAccessibility, dashboardOfSuite, takePicture } from './support/dashboard.ts'

describe('configuration', BROWSER, () => {
  const dashboard = dashboardOfSuite({ shards: 1 })

  const inflight = async (): Promise<unknown> => {
    const { body } = await dashboard.managed.call('GET', '/configs/mqtt')
    return body.max_inflight
  }

  test('is changed after a look at what would change, and taken back', async (context) => {
    const page = await dashboard.open('/configuration')
    const before = await inflight()
    await page.getByLabel('max_inflight').fill('77')
    await page.getByText('Changed keys, not applied yet: 1').waitFor()
    await page.getByRole('button', { name: 'Look at the changes' }).click()
    await page.getByText('+ 77').waitFor()
    await checkAccessibility(page, context)
    await takePicture(page, 'configuration-review')
    assert.equal(await inflight(), before)
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByText('changed at run time').waitFor()
    assert.equal(await inflight(), 77)

    await page.getByText('History', { exact: true }).click()
    await page.getByRole('cell', { name: 'mqtt.max_inflight' }).waitFor()
    await page.getByRole('button', { name: 'Go back to it' }).last().click()
    await page.getByText('− 77').waitFor()
    await checkAccessibility(page, context)
    const drawer = page.locator('.ant-drawer')
    await drawer.getByRole('button', { name: 'Go back to it' }).click()
    await page.locator('.ant-modal').getByRole('button', { name: 'Go back to it' }).click()
    await page.getByText('The configuration is as it was.').waitFor()
    assert.equal(await inflight(), before)
  })

  test('lists grow, change their order and shrink, without JSON', async (context) => {
    const page = await dashboard.open('/configuration')
    const key = page.locator('.config-key', { hasText: 'client_attrs_init' }).first()
    const add = key.getByRole('button', { name: 'Add to client_attrs_init' })
    for (const [number, expression] of ['username', 'cn', 'peerhost'].entries()) {
      await add.click()
      const item = key.locator('.ant-card').nth(number)
      await item.getByLabel('client_attrs_init.expression').fill(expression)
      await item.getByLabel('client_attrs_init.set_as_attr').fill(`a${number}`)
    }
    await key.getByRole('button', { name: 'Move 3 of client_attrs_init up' }).click()
    await key.getByRole('button', { name: 'Remove 1 of client_attrs_init' }).click()
    await page.getByRole('searchbox').fill('excludes')
    const words = page.locator('.config-key', { hasText: 'excludes' }).first()
    for (const [number, filter] of ['alarms/#', 'state/#'].entries()) {
      await words.getByRole('button', { name: 'Add to excludes' }).click()
      await words.getByLabel(`${number + 1} of excludes`, { exact: true }).fill(filter)
    }
    await words.getByRole('button', { name: 'Move 1 of excludes down' }).click()
    await checkAccessibility(page, context)
    await takePicture(page, 'configuration-lists')
    await page.getByText('Changed keys, not applied yet: 2').waitFor()
    await page.getByRole('button', { name: 'Look at the changes' }).click()
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByText('Applied.').waitFor()
    const { body } = await dashboard.managed.call('GET', '/configs/mqtt')
    const expected = ['peerhost', 'cn'].map((expression, index) => {
      return { expression, set_as_attr: index === 0 ? 'a2' : 'a1' }
    })
    assert.deepEqual(body.client_attrs_init, expected)
    const { body: authorization } = await dashboard.managed.call('GET', '/configs/authorization')
    assert.deepEqual(authorization.cache.excludes, ['state/#', 'alarms/#'])
    await page.getByRole('searchbox').fill('')
    await key.getByRole('button', { name: 'Remove 1 of client_attrs_init' }).click()
    await key.getByRole('button', { name: 'Undo' }).click()
    await key.locator('.ant-card').nth(1).waitFor()
  })

  test('groups under names are added, named otherwise and removed', async (context) => {
    const page = await dashboard.open('/configuration')
    const apply = async (): Promise<void> => {
      await page.getByRole('button', { name: 'Look at the changes' }).click()
      await page.getByRole('button', { name: 'Apply' }).click()
      await page.getByText('Applied.').last().waitFor()
      await page.getByRole('button', { name: 'Look at the changes' }).waitFor({ state: 'detached' })
    }
    const groups = async () =>
      (await dashboard.managed.call('GET', '/configs/broker')).body.shared_subscription_group
    await page.getByLabel('Part of the configuration').fill('broker')
    await page.keyboard.press('Enter')
    for (const [number, name] of ['workers', 'spare'].entries()) {
      await page.getByRole('button', { name: 'Add to shared_subscription_group' }).click()
      await page.getByLabel(`Name ${number + 1} of shared_subscription_group`).fill(name)
    }
    const first = page.locator('.ant-card').first()
    await first.getByLabel('shared_subscription_group.strategy').click()
    await page.getByTitle('local').last().click()
    await checkAccessibility(page, context)
    await takePicture(page, 'configuration-groups')
    await apply()
    const { workers, spare } = await groups()
    assert.deepEqual([workers.strategy, spare.strategy], ['local', 'random'])
    await page.getByLabel('Name 1 of shared_subscription_group').fill('crew')
    await page.getByRole('button', { name: 'Remove 2 of shared_subscription_group' }).click()
    await apply()
    assert.deepEqual(Object.keys(await groups()), ['crew'])
    assert.equal((await groups()).crew.strategy, 'local')
  })

  test('keys are explained in the language that is chosen', async () => {
    const page = await dashboard.open('/configuration')
    await page.getByText('Bytes queued for one session.').waitFor()
    await page.getByRole('button', { name: '简体中文' }).click()
    await page.getByText('为一个会话排队的字节数。').waitFor()
  })

  test('what is wrong is refused with its place', async () => {
    const page = await dashboard.open('/configuration')
    await page.getByLabel('idle_timeout').fill('soon')
    await page.getByRole('button', { name: 'Look at the changes' }).click()
    await page.getByText('mqtt.idle_timeout').last().waitFor()
    assert.ok(await page.getByRole('button', { name: 'Apply' }).isDisabled())
  })

  test('a trace is followed while it is written', async (context) => {
    const page = await dashboard.open('/trace')
    await page.getByRole('button', { name: 'New trace' }).click()
    await page.getByLabel('Name').fill('watched')
    await page.getByLabel('Which').fill('pump-7')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('row', { name: 'watched' }).getByText('Running').waitFor()
    await page.getByRole('button', { name: 'watched' }).click()
    const port = dashboard.managed.broker.port('tcp:default')
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: 'pump-7' })
    await client.publishAsync('plant/speed', 'seven', { qos: 1 })
    await page.getByLabel('Log').getByText('plant/speed').waitFor()
    await checkAccessibility(page, context)
    await takePicture(page, 'trace')
    await client.endAsync()
  })
})
