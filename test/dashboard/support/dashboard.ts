import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { chromium, type Browser, type Page } from 'playwright-core'
import {
  type ManagedBroker,
  type ManagedOptions,
  startManaged,
} from '../../management/support/managed-broker.ts'
import { isInstalled, needsPackage } from '../../support/needs-package.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const SCREENSHOTS = join(ROOT, '.ci', 'artifacts', 'screenshots')
const CHROMIUM = '/usr/bin/chromium'
const AXE = readFileSync(join(ROOT, 'node_modules/axe-core/axe.min.js'), 'utf8')
const ACTION_LIMIT_MS = 60_000
const AXE_AGAIN_MAX = 3
const AXE_PAUSE_MS = 500

/** The dashboard of a broker in a real browser. */
export interface Dashboard {
  readonly managed: ManagedBroker
  readonly url: string
  /** A window in which the administrator has signed in. */
  open(path: string, options?: WindowOptions): Promise<Page>
  stop(): Promise<void>
}

export interface WindowOptions {
  readonly width?: number
  readonly height?: number
  readonly language?: 'en' | 'zh'
  readonly theme?: 'light' | 'dark'
  /** Nobody has signed in. */
  readonly signedOut?: true
  /** Of another login than the usual one. */
  readonly token?: string
}

/** Starts a broker with its dashboard, built if that is needed, and a browser. */
export async function startDashboard(options: ManagedOptions = {}): Promise<Dashboard> {
  execFileSync(process.execPath, [join(ROOT, 'tools/build-dashboard.ts')], { stdio: 'inherit' })
  const managed = await startManaged(options)
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  const url = `http://127.0.0.1:${managed.port}`
  return {
    managed,
    url,
    open: async (path, window) => openWindow(browser, managed, url + path, window),
    async stop() {
      await browser.close()
      await managed.stop()
    },
  }
}

async function openWindow(
  browser: Browser,
  { token: usual }: ManagedBroker,
  url: string,
  {
    width = 1280,
    height = 860,
    language = 'en',
    theme = 'light',
    signedOut,
    token = usual,
  }: WindowOptions = {},
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width, height },
    // Contrast is measured when colours have arrived.
    reducedMotion: 'reduce',
  })
  context.setDefaultTimeout(ACTION_LIMIT_MS)
  const session =
    signedOut === true ? undefined : { username: 'admin', token, role: 'administrator' }
  await context.addInitScript(
    ({ preferences, who }) => {
      const isNew = localStorage.getItem('tideway.preferences') === null
      if (isNew) localStorage.setItem('tideway.preferences', preferences)
      if (isNew && who !== '') localStorage.setItem('tideway.session', who)
    },
    {
      preferences: JSON.stringify({ language, theme }),
      who: session === undefined ? '' : JSON.stringify(session),
    },
  )
  const page = await context.newPage()
  page.on('pageerror', (error) => {
    throw new Error(`the page failed: ${error.message}`)
  })
  await page.goto(url)
  return page
}

/** For suites that need the browser. */
export const BROWSER = needsPackage('chromium', isInstalled(CHROMIUM))

/** Waits until the table of a page has just so many rows. */
export async function waitForRows(page: Page, count: number): Promise<void> {
  const rows = page.locator('tr.ant-table-row')
  await rows.nth(count - 1).waitFor()
  await rows.nth(count).waitFor({ state: 'detached' })
}

/** Keeps a picture for people, under `.ci/artifacts/screenshots`. */
export async function takePicture(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true })
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) })
}

/**
 * Finds no more of what keeps people with a keyboard or a screen reader from using a page (WCAG 2
 * A and AA). What a page that is still being drawn has, such as the colours of a theme that was
 * switched on just now, is measured again.
 */
export async function checkAccessibility(page: Page, context: TestContext): Promise<void> {
  await page.evaluate(AXE)
  let found = await violationsOf(page)
  for (let again = 0; found.length > 0 && again < AXE_AGAIN_MAX; again++) {
    await page.waitForTimeout(AXE_PAUSE_MS)
    found = await violationsOf(page)
  }
  context.diagnostic(`axe: ${found.length} violations`)
  assert.deepEqual(found, [])
}

function violationsOf(page: Page): Promise<readonly string[]> {
  return page.evaluate(async () => {
    const { axe, document, CSSStyleSheet } = globalThis as unknown as {
      document: { adoptedStyleSheets: object[]; getAnimations(): AnimationLike[] }
      CSSStyleSheet: new () => { replaceSync(text: string): void }
      axe: { run(context: object, options: object): Promise<{ violations: Violation[] }> }
    }
    // Colours that are on their way have a contrast of their own. Some never arrive: spinners.
    for (const animation of document.getAnimations()) {
      if (animation.effect?.getComputedTiming().endTime !== Infinity) animation.finish()
    }
    // Those that begin from now on arrive at once.
    const sheet = new CSSStyleSheet()
    sheet.replaceSync('*, *::before, *::after { transition: none !important }')
    document.adoptedStyleSheets.push(sheet)
    // antd measures the columns of a table with a row that nobody sees or reaches.
    const { violations } = await axe.run(
      { exclude: ['.ant-table-measure-row'] },
      { runOnly: ['wcag2a', 'wcag2aa'] },
    )
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0]?.html}`)
  })
}

interface AnimationLike {
  readonly effect?: { getComputedTiming(): { readonly endTime: number } } | null
  finish(): void
}

interface Violation {
  readonly id: string
  readonly help: string
  readonly nodes: readonly { readonly html: string }[]
}
