import { GLOBAL_CHAIN } from '#access/authentication/users/user-table.ts'
import {
  type AuthenticatorConfig,
  authenticatorId,
} from '#config/fields/authentication/authentication.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import type { ManagementContext } from '../context.ts'
import { notFound } from '../http/api-error.ts'
import type { UserOwner } from '../node-port.ts'
import { indexOf, type NamedList, type PlainItem, textOf } from './config-list.ts'

/** Which chain a request is about. */
export interface ChainParams {
  readonly listener_id?: string
}

/** A chain of authenticators as it is configured. */
export interface ConfiguredChain {
  /** `mqtt:global`, or the id of a listener. */
  readonly name: string
  readonly path: readonly string[]
}

/** Authenticators of a chain by their ids. */
export const AUTHENTICATORS: NamedList = { what: 'authenticator', nameOf: idOf }

/** The chain that a request is about. Throws ApiError 404 when there is no such listener. */
export function chainOf({ node }: ManagementContext, params: ChainParams): ConfiguredChain {
  const { listener_id: listener } = params
  if (listener === undefined) return { name: GLOBAL_CHAIN, path: ['authentication'] }
  const [type = '', name = ''] = listener.split(':')
  const path = ['listeners', type, name]
  if (type === '' || name === '' || node.config.shown(path) === undefined) {
    throw notFound(`There is no listener ${listener}.`)
  }
  return { name: listener, path: [...path, 'authentication'] }
}

/** The authenticator with users in the built-in database, if it is one; undefined otherwise. */
export function findUserOwner(
  { node }: ManagementContext,
  { name, path }: ConfiguredChain,
  id: string,
): UserOwner | undefined {
  const config = authenticatorsAt(node.config.current, path).find((one) => {
    return authenticatorId(one) === id
  })
  if (config === undefined || !('backend' in config)) return undefined
  return config.backend === 'built_in_database' ? { chain: name, config } : undefined
}

function authenticatorsAt(
  config: TidewayConfig,
  [root, type = '', name = '']: readonly string[],
): readonly AuthenticatorConfig[] {
  if (root === 'authentication') return config.authentication
  const listeners = config.listeners as Readonly<
    Record<string, Readonly<Record<string, { authentication: readonly AuthenticatorConfig[] }>>>
  > // Every type of listener has chains.
  return listeners[type]?.[name]?.authentication ?? []
}

/** The authenticators of a chain, secrets hidden. */
export function itemsOf(
  { node }: ManagementContext,
  { path }: ConfiguredChain,
): readonly PlainItem[] {
  return (node.config.shown(path) ?? []) as readonly PlainItem[] // A list of groups.
}

/** One authenticator of a chain. Throws ApiError 404 when there is none of this id. */
export function requireItem(
  context: ManagementContext,
  chain: ConfiguredChain,
  id: string,
): PlainItem {
  const items = itemsOf(context, chain)
  return items[indexOf(AUTHENTICATORS, items, id)] ?? {}
}

/** `mechanism:backend` of an authenticator. */
export function idOf({ mechanism, backend }: PlainItem): string {
  return backend === undefined ? textOf(mechanism) : `${textOf(mechanism)}:${textOf(backend)}`
}
