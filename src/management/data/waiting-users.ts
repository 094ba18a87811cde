import { GLOBAL_CHAIN } from '#access/authentication/users/user-table.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import type { TableRow } from './table-rows.ts'

type UserRow = TableRow<'builtin_authn'>
type Authenticators = TidewayConfig['authentication']

/** Users of a backup that nobody asks about, as no authenticator has them: who, and what to do. */
export function waitingUsers(config: TidewayConfig, users: readonly UserRow[]): readonly string[] {
  const groups = Map.groupBy(users, ({ chain, mechanism }) => `${mechanism} of ${chain}`)
  return [...groups].flatMap(([name, [first]]) => {
    if (first === undefined || hasAuthenticator(config, first)) return []
    const missing = `${first.mechanism}:built_in_database`
    return [`builtin_authn: users by ${name} wait for an authenticator ${missing}: set it up there`]
  })
}

function hasAuthenticator(config: TidewayConfig, { chain, mechanism }: UserRow): boolean {
  return authenticatorsOf(config, chain).some((one) => {
    return one.mechanism === mechanism && 'backend' in one && one.backend === 'built_in_database'
  })
}

function authenticatorsOf(config: TidewayConfig, chain: string): Authenticators {
  if (chain === GLOBAL_CHAIN) return config.authentication
  const [type = '', name = ''] = chain.split(':')
  const listeners: Readonly<
    Record<string, Readonly<Record<string, { readonly authentication: Authenticators }>>>
  > = config.listeners
  return listeners[type]?.[name]?.authentication ?? []
}
