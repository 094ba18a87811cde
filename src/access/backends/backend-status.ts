import type { Driver } from '#drivers/driver.ts'
import type { AuthenticatorStatus } from '#plugin/define-authenticator.ts'

/** How another system is doing, and how requests to it came out. */
export function backendStatus({ health, figures }: Driver): AuthenticatorStatus {
  const { succeeded, failed, refused } = figures
  return { ...health, requests: { succeeded, failed: failed + refused } }
}
