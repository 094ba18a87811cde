/** Every page of the menu: whole, reachable by everybody, in both languages and narrow windows. */
import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { BROWSER, checkAccessibility, dashboardOfSuite, takePicture } from './support/dashboard.ts'

const WIDE = { width: 1280, height: 860 }
const NARROW = { width: 380, height: 760 }

describe('every page', BROWSER, () => {
  const dashboard = dashboardOfSuite({ shards: 1 })

  /** Visits all pages of the menu as somebody who clicks on them would. */
  async function visit(page: Page, look: (name: string) => Promise<void>): Promise<void> {
    const links = page.getByRole('navigation').getByRole('link')
    await links.first().waitFor()
    const hrefs = await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')))
    assert.ok(hrefs.length > 15)
    for (const href of hrefs) {
      await page.getByRole('navigation').locator(`a[href="${href}"]`).click()
      await shows(page, 'main h1')
      await shows(page, 'html:not(:has(.ant-spin-spinning))')
      await look(String(href).slice(1))
    }
  }

  /** Looks at the page in a window of 380 pixels, and says by how much it is too wide. */
  async function narrow(page: Page, name: string, context: TestContext): Promise<string[]> {
    await page.setViewportSize(NARROW)
    await shows(page, 'html:not(:has(nav))')
    const over = await page.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth)
    await checkAccessibility(page, context)
    await page.setViewportSize(WIDE)
    await shows(page, 'nav')
    return over > 0 ? [`${name}: ${over} px too wide`] : []
  }

  test('can be used with a keyboard and a screen reader, and asks nobody else', async (context) => {
    const page = await dashboard.open('/', WIDE)
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
      problems.push(...(await narrow(page, name, context)))
    })
    assert.deepEqual(problems, [])
  })

  test('can be read in Chinese on dark ground', async (context) => {
    const page = await dashboard.open('/', { ...WIDE, language: 'zh', theme: 'dark' })
    await visit(page, async (name) => {
      await checkAccessibility(page, context)
      assert.match((await page.locator('main h1').textContent()) ?? '', /[\u4e00-\u9fff]|API/)
      await takePicture(page, `page-${name}-zh-dark`)
    })
  })
})

/** Looks with every frame; a locator that waits looks twice a second. */
async function shows(page: Page, selector: string): Promise<void> {
  await page.waitForFunction((wanted) => {
    const { document } = globalThis as unknown as { document: { querySelector(s: string): object } }
    return document.querySelector(wanted) !== null
  }, selector)
}
