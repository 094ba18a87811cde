import { type ConnectionContext, limitsOf } from '#access/backends/driver-settings.ts'
import type { Driver, DriverLimits } from '#drivers/driver.ts'

/** Requests that may wait in a driver: the windows of all queues of a shard. */
const WAITING_MAX = 100_000
/** A request that takes longer is tried again. */
const REQUEST_TIMEOUT_MS = 30_000

/** Limits of a driver that serves actions. */
export function driverLimits(
  poolSize: number,
  connectTimeoutMs: number,
  context: ConnectionContext,
  requestTimeoutMs = REQUEST_TIMEOUT_MS,
): DriverLimits {
  const timeouts = { connectTimeoutMs, requestTimeoutMs }
  return { ...limitsOf(poolSize, timeouts, context), waitingMax: WAITING_MAX }
}

/**
 * Opens a driver that answers.
 * @throws DriverError; nothing stays open then
 */
export async function openDriver<D extends Driver>(open: () => D): Promise<D> {
  const driver = open()
  try {
    await driver.check()
    return driver
  } catch (error) {
    await driver.close()
    throw error
  }
}
