/** What every driver has to do, whatever it talks to. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { DRIVER_LIMITS, type Driver, type DriverLimits } from '#drivers/driver.ts'
import { DriverError } from '#drivers/driver-error.ts'
import type { NeedOptions } from '../support/needs-package.ts'
import type { TestServer } from '../support/servers/local-server.ts'

const PATIENCE_MS = 30_000
const PAUSE_MS = 20

/** A driver and the simplest thing that can be asked of it. */
export interface Asked {
  readonly driver: Driver
  /** Resolves when the system has answered as it should. */
  ask(): Promise<void>
}

/** How a driver is opened in a test. */
export interface OpenOptions extends DriverLimits {
  readonly password: 'right' | 'wrong'
  /** `right`: TLS with the authority of the server; `wrong`: with another one. */
  readonly tls?: 'right' | 'wrong'
}

/** A system for the tests of one driver. */
export interface DriverRig {
  readonly server: TestServer
  open(options: OpenOptions): Asked
  /** What must not be in messages. */
  readonly secret?: string
  remove(): Promise<void>
}

/** How the driver differs from the others. */
export interface KitOptions {
  readonly needs?: NeedOptions
  readonly hasPassword?: boolean
}

/** Limits under which tests end soon. */
export const QUICK_LIMITS: DriverLimits = Object.freeze({
  ...DRIVER_LIMITS,
  poolSize: 3,
  waitingMax: 50,
  connectTimeoutMs: 2000,
  requestTimeoutMs: 500,
  failuresMax: 3,
  retryFirstMs: 20,
  retryMostMs: 200,
})

/** Opens a driver, lets a test use it, and closes it. */
type Using = (
  options: Partial<OpenOptions>,
  run: (asked: Asked, rig: DriverRig) => Promise<void>,
) => Promise<void>

/** Runs the tests that all drivers pass. */
export function describeDriver(
  name: string,
  start: () => Promise<DriverRig>,
  { needs = {}, hasPassword = true }: KitOptions = {},
): void {
  describe(`driver of ${name}`, needs, () => {
    let rig: DriverRig
    before(async () => {
      rig = await start()
    })
    after(() => rig.remove())

    const using: Using = async (options, run) => {
      const asked = rig.open({ ...QUICK_LIMITS, password: 'right', ...options })
      try {
        await run(asked, rig)
      } finally {
        await asked.driver.close()
      }
    }
    testPool(using)
    testHealing(using)
    testEnds(using)
    if (hasPassword) testPassword(using)
  })
}

function testPool(using: Using): void {
  it('answers, and reports that it is connected', () =>
    using({ requestTimeoutMs: 10_000, connectTimeoutMs: 10_000 }, async ({ driver, ask }) => {
      await ask()
      assert.deepEqual(driver.health, { status: 'connected' })
      assert.ok(driver.figures.succeeded > 0)
    }))

  it('never opens more connections than its pool has', () =>
    using({ requestTimeoutMs: 10_000, connectTimeoutMs: 10_000 }, async ({ driver, ask }) => {
      const asks = Array.from({ length: 50 }, () => ask())
      await settled(() => driver.figures.inUse > 0)
      let most = 0
      const watch = setInterval(() => (most = Math.max(most, driver.figures.inUse)), 1)
      await Promise.all(asks)
      clearInterval(watch)
      assert.ok(most <= QUICK_LIMITS.poolSize, `${most} in use`)
      assert.ok(driver.figures.connections <= QUICK_LIMITS.poolSize)
      assert.equal(driver.figures.waiting, 0)
      assert.equal(driver.figures.inUse, 0)
    }))

  it('refuses at once what exceeds the queue of those who wait', () =>
    using(
      { requestTimeoutMs: 10_000, connectTimeoutMs: 10_000, poolSize: 1, waitingMax: 5 },
      async ({ driver, ask }) => {
        await ask()
        const results = await Promise.allSettled(Array.from({ length: 20 }, () => ask()))
        const refused = results.filter(({ status }) => status === 'rejected')
        assert.equal(refused.length, 14, 'one at work and five waiting are served')
        assert.match(String(faultOf(refused[0])), /wait for a connection already/)
        assert.equal(driver.figures.refused, 14)
        await ask()
      },
    ))
}

function testHealing(using: Using): void {
  it('heals when the server was killed and runs again', () =>
    using({}, async ({ driver, ask }, rig) => {
      await ask()
      await rig.server.kill()
      const fault = await failureOf(ask)
      assert.equal(fault.kind, 'retryable', fault.message)
      await settled(() => driver.health.status === 'disconnected')
      assert.match(driver.health.reason ?? '', /\S/)
      await rig.server.start()
      await eventually(ask)
      await settled(() => driver.health.status === 'connected')
    }))

  it('refuses at once while the server is away for long', () =>
    using({}, async ({ driver, ask }, rig) => {
      await ask()
      await rig.server.kill()
      await settled(async () => {
        await ask().catch(() => {})
        return driver.figures.opened > 0
      })
      const startedMs = performance.now()
      await Promise.all(Array.from({ length: 100 }, () => failureOf(ask)))
      assert.ok(performance.now() - startedMs < QUICK_LIMITS.requestTimeoutMs / 2, 'at once')
      assert.ok(driver.figures.refused > 0)
      await rig.server.start()
      await eventually(ask)
    }))

  it('gives up on a server that hangs, and heals when that goes on', () =>
    using({}, async ({ driver, ask }, rig) => {
      await ask()
      rig.server.pause()
      try {
        const startedMs = performance.now()
        const results = await Promise.allSettled(Array.from({ length: 30 }, () => ask()))
        const tookMs = performance.now() - startedMs
        assert.ok(results.every(({ status }) => status === 'rejected'))
        assert.equal(faultOf(results[0]).kind, 'retryable', faultOf(results[0]).message)
        assert.ok(tookMs < QUICK_LIMITS.requestTimeoutMs * 4, `took ${tookMs} ms`)
        assert.ok(driver.figures.timeouts > 0)
      } finally {
        rig.server.resume()
      }
      await eventually(ask)
    }))
}

function testEnds(using: Using): void {
  it('speaks TLS, and only to a server with the right certificate', async () => {
    await using({ tls: 'right', requestTimeoutMs: 5000 }, ({ ask }) => ask())
    await using({ tls: 'wrong', requestTimeoutMs: 5000 }, async ({ ask }) => {
      const fault = await failureOf(ask)
      assert.match(fault.message, /certificate/i)
      assert.equal(fault.kind, 'credentials', fault.message)
    })
  })

  it('fails what is under way when it is closed', () =>
    using({}, async ({ driver, ask }, rig) => {
      await ask()
      rig.server.pause()
      const pending = failureOf(ask)
      await settled(() => driver.figures.inUse > 0)
      await driver.close()
      rig.server.resume()
      assert.match((await pending).message, /closed/)
      assert.match((await failureOf(ask)).message, /closed/)
      assert.equal(driver.figures.connections, 0)
    }))
}

function testPassword(using: Using): void {
  it('says that the password is wrong, and not which', () =>
    using({ password: 'wrong', requestTimeoutMs: 5000 }, async ({ driver, ask }) => {
      const fault = await failureOf(ask)
      assert.equal(fault.kind, 'credentials', fault.message)
      assert.equal(driver.health.status, 'disconnected')
      assert.doesNotMatch(fault.message, /wrong-Secret/)
      assert.doesNotMatch(driver.health.reason ?? '', /wrong-Secret/)
    }))
}

/** The error that a request fails with. */
export async function failureOf(ask: () => Promise<unknown>): Promise<DriverError> {
  try {
    await ask()
  } catch (error) {
    assert.ok(error instanceof DriverError, `not a DriverError: ${String(error)}`)
    return error
  }
  throw new assert.AssertionError({ message: 'the request did not fail' })
}

function faultOf(result: PromiseSettledResult<unknown> | undefined): DriverError {
  assert.ok(result?.status === 'rejected' && result.reason instanceof DriverError)
  return result.reason
}

/** Asks until it is answered. */
export async function eventually(ask: () => Promise<unknown>): Promise<void> {
  const endsAtMs = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      await ask()
      return
    } catch (error) {
      if (performance.now() > endsAtMs) throw error
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
}

/** Waits until something is so. */
export async function settled(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const endsAtMs = performance.now() + PATIENCE_MS
  while (!(await isSo())) {
    assert.ok(performance.now() < endsAtMs, `not in time: ${String(isSo)}`)
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS / 4))
  }
}
