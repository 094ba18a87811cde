import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import assert from 'node:assert/strict'
import { after, afterEach, before, type TestContext } from 'node:test'
import { chromium, type Page } from 'playwright-core'
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
const CALLS_MAX = 20
const AXE_AGAIN_MAX = 3
const AXE_PAUSE_MS = 500

/** The dashboard of a broker in a real browser. */
export interface Dashboard {
  readonly managed: ManagedBroker
  readonly url: string
  /**
   * A window in which the administrator has signed in. There is one for all tests of a dashboard,
   * which begins anew with nothing remembered: scripts that it has compiled are used again.
   */
  open(path: string, options?: WindowOptions): Promise<Page>
  /** The last calls of the API and what the page says: why a test may have failed. */
  describe(): Promise<string>
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
  const [managed, browser] = await Promise.all([
    startManaged(options),
    chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] }),
  ])
  // Contrast is measured when colours have arrived.
  const context = await browser.newContext({ reducedMotion: 'reduce' })
  context.setDefaultTimeout(ACTION_LIMIT_MS)
  const page = await context.newPage()
  const url = `http://127.0.0.1:${managed.port}`
  const calls: string[] = []
  context.on('response', (answer) => {
    if (!answer.url().includes('/api/')) return
    calls.push(`${answer.request().method()} ${answer.url()} ${answer.status()}`)
    if (calls.length > CALLS_MAX) calls.shift()
  })
  return {
    managed,
    url,
    async open(path, window = {}) {
      await beginAnew(page, url, { token: managed.token, ...window })
      await page.goto(url + path)
      return page
    },
    async describe() {
      const shown = await page.locator('body').innerText()
      return [...calls, `${page.url()} shows:`, shown].join('\n')
    },
    async stop() {
      await browser.close()
      await managed.stop()
    },
  }
}

/** Forgets what another test has left, and remembers what the window is to begin with. */
async function beginAnew(page: Page, url: string, window: WindowOptions): Promise<void> {
  const { width = 1280, height = 860, language = 'en', theme = 'light' } = window
  page.removeAllListeners()
  page.on('pageerror', (error) => {
    throw new Error(`the page failed: ${error.message}`)
  })
  await page.unrouteAll()
  await page.context().clearCookies()
  await page.setViewportSize({ width, height })
  // A text of the same origin: nothing runs there.
  await page.goto(`${url}/status`)
  const session =
    window.signedOut === true
      ? {}
      : { session: { username: 'admin', token: window.token, role: 'administrator' } }
  const remembered = Object.entries({ preferences: { language, theme }, ...session })
  await page.evaluate(
    (entries) => {
      localStorage.clear()
      for (const [key, value] of entries) localStorage.setItem(`tideway.${key}`, value)
    },
    remembered.map(([key, value]) => [key, JSON.stringify(value)] as const),
  )
}

/** For suites that need the browser. */
export const BROWSER = needsPackage('chromium', isInstalled(CHROMIUM))

/** The dashboard of a suite, which is there from its first test to its last. */
export function dashboardOfSuite(options: ManagedOptions): Omit<Dashboard, 'stop' | 'describe'> {
  let started: Dashboard
  before(async () => {
    started = await startDashboard(options)
  })
  afterEach(async (context) => {
    if ('passed' in context && !context.passed) console.error(await started.describe())
  })
  after(async () => started.stop())
  return {
    get managed() {
      return started.managed
    },
    get url() {
      return started.url
    },
    open: async (path, window) => started.open(path, window),
  }
}

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
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE)
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
