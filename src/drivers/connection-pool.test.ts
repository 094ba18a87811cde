import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type ConnectionKind, ConnectionPool } from './connection-pool.ts'
import { DRIVER_LIMITS, type DriverLimits } from './driver.ts'
import { DriverError } from './driver-error.ts'

interface Connection {
  readonly id: number
}

/** A system that does what a test says. */
class System implements ConnectionKind<Connection> {
  readonly title = 'System'
  readonly secrets = ['s3cret']
  readonly usesMax = 1
  readonly isSelfHealing = false
  readonly isCheckConclusive: boolean
  readonly dropped: number[] = []
  isUp = true
  opened = 0

  constructor(isCheckConclusive = true) {
    this.isCheckConclusive = isCheckConclusive
  }

  async open(): Promise<Connection> {
    if (!this.isUp) throw new Error('down, and s3cret')
    return { id: ++this.opened }
  }

  async check(): Promise<void> {
    if (!this.isUp) throw new Error('down')
  }

  drop(connection: Connection): void {
    this.dropped.push(connection.id)
  }

  explain(error: unknown): DriverError {
    return new DriverError('retryable', String(error), true)
  }
}

const LIMITS: DriverLimits = {
  ...DRIVER_LIMITS,
  poolSize: 2,
  failuresMax: 3,
  requestTimeoutMs: 200,
  retryFirstMs: 10,
  retryMostMs: 20,
}

const never = () => new Promise<never>(() => {})
const answer = () => Promise.resolve('answer')
const failure = (pool: ConnectionPool<Connection>) =>
  pool.use(() => Promise.reject(new Error('failed'))).catch((error: unknown) => String(error))

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2))
}

describe('a pool of connections', () => {
  it('ends a request in time, and its connection with it', async () => {
    const system = new System()
    const pool = new ConnectionPool(system, LIMITS)
    await assert.rejects(pool.use(never), /System: it did not answer within 0.2 s/)
    assert.equal(system.dropped.length, 1)
    assert.equal(await pool.use(answer), 'answer')
    await pool.close()
  })

  it('counts the wait for a connection as part of the time of a request', async () => {
    const pool = new ConnectionPool(new System(), { ...LIMITS, poolSize: 1 })
    const startedMs = performance.now()
    const [first, second] = await Promise.allSettled([pool.use(never), pool.use(never)])
    assert.ok(
      performance.now() - startedMs < 1.9 * LIMITS.requestTimeoutMs,
      'not one after another',
    )
    assert.deepEqual([first.status, second.status], ['rejected', 'rejected'])
    await pool.close()
  })

  it('lets go who left while waiting', async () => {
    const pool = new ConnectionPool(new System(), { ...LIMITS, poolSize: 1 })
    const first = pool.use(never)
    const leaving = new AbortController()
    const second = pool.use(answer, [], leaving.signal)
    leaving.abort()
    await assert.rejects(second, /given up/)
    await assert.rejects(first)
    await pool.close()
  })

  it('keeps secrets out of messages: its own and those of the request', async () => {
    const system = new System()
    system.isUp = false
    const pool = new ConnectionPool(system, LIMITS)
    await assert.rejects(pool.use(answer), ({ message }: Error) => !message.includes('s3cret'))
    system.isUp = true
    await until(() => pool.health.status === 'connected')
    const telling = () => Promise.reject(new Error('no user ann with pass-word'))
    await assert.rejects(pool.use(telling, ['pass-word']), /no user ann with \*\*\*/)
    await pool.close()
  })

  it('opens its breaker after failures in a row, and closes it after a probe', async () => {
    const system = new System()
    const pool = new ConnectionPool(system, LIMITS)
    for (let count = 0; count < 3; count++) await failure(pool)
    assert.equal(pool.figures.opened, 1)
    await assert.rejects(pool.use(answer))
    assert.equal(pool.figures.refused, 1)
    await until(() => pool.health.status === 'connected')
    assert.equal(await pool.use(answer), 'answer')
    await pool.close()
  })

  it('opens its breaker at once when it has no connection and gets none', async () => {
    const system = new System()
    system.isUp = false
    const pool = new ConnectionPool(system, LIMITS)
    const waiting = Array.from({ length: 20 }, () => pool.use(answer))
    const results = await Promise.allSettled(waiting)
    assert.ok(results.every(({ status }) => status === 'rejected'))
    assert.equal(pool.figures.opened, 1)
    system.isUp = true
    await until(() => pool.health.status === 'connected')
    assert.equal(await pool.use(answer), 'answer')
    await pool.close()
  })

  it('trusts a probe that proves little only until the next failure', async () => {
    const pool = new ConnectionPool(new System(false), LIMITS)
    for (let count = 0; count < 3; count++) await failure(pool)
    await until(() => pool.health.status === 'connected')
    await failure(pool)
    assert.equal(pool.figures.opened, 2)
    await pool.close()
  })

  it('does not count what is wrong with a request as a failure of the system', async () => {
    const pool = new ConnectionPool(new System(), LIMITS)
    const wrong = () => Promise.reject(new DriverError('fatal', 'no such table'))
    for (let count = 0; count < 10; count++) await assert.rejects(pool.use(wrong), /no such table/)
    assert.equal(pool.figures.opened, 0)
    assert.deepEqual(pool.health, { status: 'connected' })
    await pool.close()
  })

  it('leaves nothing open when it is closed', async () => {
    const system = new System()
    const pool = new ConnectionPool(system, LIMITS)
    await Promise.all([pool.use(answer), pool.use(answer)])
    await pool.close()
    assert.equal(system.dropped.length, system.opened)
    await assert.rejects(pool.use(answer), /closed/)
  })
})
