import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fillData } from '../../e2e/scale/fill-data.ts'
import { type Dashboard, startDashboard, takePicture, waitForRows } from './dashboard.ts'

/** What a person does not feel as waiting. */
export const STRICT_LIMITS: PageLimits = { pageMs: 2_000, stallMs: 1_000 }

interface PageLimits {
  /** A page of rows has to show within this time. */
  readonly pageMs: number
  /** The window must not stand still for longer. */
  readonly stallMs: number
}

/** Pages, sorts and filters the list of so many clients in a browser. */
export async function checkManyClients(sessions: number, limits: PageLimits): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tideway-many-'))
  try {
    await fillData(dataDir, { sessions, messagesEach: 0 })
    const dashboard = await startDashboard({ dataDir, shards: 2 })
    try {
      await browse(dashboard, sessions, limits)
    } finally {
      await dashboard.stop()
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function browse(
  dashboard: Dashboard,
  sessions: number,
  { pageMs, stallMs }: PageLimits,
): Promise<void> {
  const page = await dashboard.open('/clients')
  await page.getByText(`${sessions.toLocaleString('en')} in all`).waitFor()
  await page.evaluate(() => {
    const seen = globalThis as { longestMs?: number }
    seen.longestMs = 0
    // Browsers know more kinds than Node.js.
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        seen.longestMs = Math.max(seen.longestMs ?? 0, duration)
      }
    }).observe({ type: 'longtask' as 'mark' })
  })
  const within = async (what: string, action: () => Promise<void>): Promise<void> => {
    const startedAtMs = performance.now()
    await action()
    const ms = performance.now() - startedAtMs
    assert.ok(ms < pageMs, `${what} takes ${Math.round(ms)} ms`)
  }
  await within('the last page', async () => {
    await page.getByTitle(String(sessions / 20), { exact: true }).click()
    await page.locator('.ant-pagination-next.ant-pagination-disabled').waitFor()
    await waitForRows(page, 20)
  })
  const nines = sessions > 100_000 ? '99999' : '9999'
  await within('sorting', async () => {
    await page.getByRole('columnheader', { name: 'Client ID' }).click()
    await page.getByRole('columnheader', { name: 'Client ID' }).click()
    await page.getByRole('link', { name: `device-${nines}`, exact: true }).waitFor()
  })
  await within('a filter', async () => {
    await page.getByPlaceholder('Client ID contains').fill(`device-${nines}`)
    await page.keyboard.press('Enter')
    await waitForRows(page, 1)
  })
  await takePicture(page, 'many-clients')
  const longestMs = await page.evaluate(() => (globalThis as { longestMs?: number }).longestMs ?? 0)
  assert.ok(longestMs < stallMs, `the window stood still for ${Math.round(longestMs)} ms`)
}
