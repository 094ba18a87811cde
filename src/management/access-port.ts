import type { AuthenticatorNumbers } from '#access/authentication/authenticator-meter.ts'
import type { AccessReport } from '#access/shard-access.ts'

/** How often something is asked, per second. */
export interface AccessRate {
  readonly rate: number
  readonly max: number
  readonly last5m: number
}

/** Authenticators by their `linkName`, sources by their type, and the systems behind them. */
export type AccessRateKind = 'authenticator' | 'authenticator backend' | 'source' | 'source backend'

/** How authenticators and sources of rules are doing. */
export interface AccessPort {
  /** How the backends are doing, in each shard. */
  reports(): Promise<readonly AccessReport[]>
  /** Numbers of the authenticator with this `linkName`; undefined when it is not counted. */
  numbers(name: string): AuthenticatorNumbers | undefined
  /** How often something was asked, as far as that has been measured. */
  rateOf(kind: AccessRateKind, name: string): AccessRate
}
