/** Every page of the menu: whole, reachable by everybody, in both languages and narrow windows. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import {
  BROWSER,
  checkAccessibility,
  type Dashboard,
  startDashboard,
  takePicture,
} from './support/dashboard.ts'

const NARROW = { width: 380, height: 760 }

describe('every page', BROWSER, () => {
  let dashboard: Dashboard
  before(async () => {
    dashboard = await startDashboard({ shards: 1 })
  })
  after(async () => dashboard.stop())

  /** Visits all pages of the menu as somebody who clicks on them would. */
  async function visit(page: Page, look: (name: string) => Promise<void>): Promise<void> {
    const links = page.getByRole('navigation').getByRole('link')
    await links.first().waitFor()
    const hrefs = await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')))
    assert.ok(hrefs.length > 15)
    for (const href of hrefs) {
      await page.getByRole('navigation').locator(`a[href="${href}"]`).click()
      await page.locator('main h1').waitFor()
      await page.locator('.ant-spin-spinning').waitFor({ state: 'detached' })
      await look(String(href).slice(1))
    }
  }

  test('can be used with a keyboard and a screen reader, and asks nobody else', async (context) => {
    const page = await dashboard.open('/')
    const problems: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text())
    })
    page.on('request', (request) => {
      if (!request.url().startsWith(dashboard.url)) problems.push(request.url())
    })
    await visit(page, async (name) => {
      await checkAccessibility(page, context)
      await takePicture(page, `page-${name}`)
    })
    assert.deepEqual(problems, [])
    await page.context().close()
  })

  test('can be read in Chinese on dark ground', async (context) => {
    const page = await dashboard.open('/', { language: 'zh', theme: 'dark' })
    await visit(page, async (name) => {
      await checkAccessibility(page, context)
      assert.match((await page.locator('main h1').textContent()) ?? '', /[\u4e00-\u9fff]|API/)
      await takePicture(page, `page-${name}-zh-dark`)
    })
    await page.context().close()
  })

  test('fits a window of 380 pixels', async () => {
    const page = await dashboard.open('/')
    const wide: string[] = []
    await visit(page, async (name) => {
      await page.setViewportSize(NARROW)
      await page.getByRole('button', { name: 'Menu' }).waitFor()
      const over = await page
        .locator('html')
        .evaluate((html) => html.scrollWidth - html.clientWidth)
      if (over > 0) wide.push(`${name}: ${over} px too wide`)
      await page.setViewportSize({ width: 1280, height: 860 })
      await page.getByRole('button', { name: 'Menu' }).waitFor({ state: 'detached' })
    })
    assert.deepEqual(wide, [])
    await page.context().close()
  })
})
