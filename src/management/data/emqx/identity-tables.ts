/** Tables of EMQX about users of the dashboard and API keys. */
import { digestOf, keepDigest } from '../../identity/passwords.ts'
import { INITIAL_PASSWORD, NO_PASSWORD, userKey } from '../../identity/users.ts'
import type { TableRow } from '../table-rows.ts'
import type { MnesiaRecord } from './mnesia-table.ts'
import type { Term } from '#codec/erlang/external-term.ts'
import { NotTaken } from './not-taken.ts'
import { entryOf, isTrue, itemsOf, textOf } from './term-values.ts'

/** A secret is kept as a salt of this length and the SHA-256 of salt and secret. */
const SALT_BYTES = 4
const HASH_BYTES = SALT_BYTES + 32

/** `emqx_admin`: users of the dashboard. */
export async function dashboardUser(
  record: MnesiaRecord,
  tell: (reason: string, who: string) => void,
): Promise<TableRow<'dashboard_users'>> {
  const { name, backend } = nameOf(record.get('username'))
  const extra = record.get('extra')
  checkNamespace(extra, name)
  if (entryOf(extra, 'mfa_state') !== undefined) {
    tell('users who needed a second factor, and do not here', name)
  }
  return {
    username: userKey(backend, name),
    password: backend === 'local' ? await keptPassword(record.get('pwdhash'), name) : NO_PASSWORD,
    role: roleOf(record.get('role'), ['administrator', 'viewer'] as const, name),
    description: textOf(record.get('description')) ?? '',
    must_change: 0,
  }
}

/** `emqx_app`: API keys. */
export function apiKey(record: MnesiaRecord): TableRow<'api_keys'> {
  const name = textOf(record.get('name')) ?? ''
  const key = textOf(record.get('api_key'))
  const secret = record.get('api_secret_hash')
  if (name === '' || key === undefined || !isKept(secret)) {
    throw new NotTaken(name, 'keys without a secret')
  }
  // Before 5.4 there was a description only.
  const extra = record.get('extra') ?? record.get('desc')
  checkNamespace(extra, name)
  if (entryOf(extra, 'scopes') !== undefined) throw new NotTaken(name, 'keys with scopes of EMQX')
  const expiry = record.get('expired_at')
  const roles = ['administrator', 'viewer', 'publisher'] as const
  return {
    name,
    api_key: key,
    secret_hash: secret.toString('base64'),
    role: roleOf(entryOf(extra, 'role'), roles, name),
    description: textOf(entryOf(extra, 'desc') ?? extra) ?? '',
    enable: isTrue(record.get('enable')) ? 1 : 0,
    scopes: '[]',
    expires_at_ms: typeof expiry === 'number' ? expiry * 1000 : null,
    created_at_ms: Number(record.get('created_at')) * 1000,
  }
}

/** A name, or who checks a user and the name there. */
function nameOf(username: Term | undefined): {
  readonly name: string
  readonly backend: 'local' | 'oidc' | 'ldap'
} {
  const [by, known] = itemsOf(username)
  const name = textOf(known ?? username)
  if (name === undefined || name === '') throw new NotTaken('?', 'names that are no text')
  const backend = by === undefined ? 'local' : textOf(by)
  if (backend === 'local' || backend === 'oidc' || backend === 'ldap') return { name, backend }
  throw new NotTaken(name, `users of ${backend}, which is not here`)
}

/** Who may change one namespace must not be able to change all. */
function checkNamespace(extra: Term | undefined, name: string): void {
  if (entryOf(extra, 'namespace') === undefined) return
  throw new NotTaken(name, 'of one namespace, which there are none of here')
}

/** Without a role one is an administrator: roles came later. */
function roleOf<Role extends string>(
  written: Term | undefined,
  roles: readonly [Role, ...Role[]],
  name: string,
): Role {
  const text = textOf(written) ?? 'undefined'
  if (text === 'undefined') return roles[0]
  const role = roles.find((one) => one === text)
  if (role === undefined) throw new NotTaken(name, `of the role ${text}, which is not here`)
  return role
}

async function keptPassword(kept: Term | undefined, name: string): Promise<string> {
  if (!isKept(kept)) throw new NotTaken(name, 'users without a password')
  const [salt, digest] = [kept.subarray(0, SALT_BYTES), kept.subarray(SALT_BYTES)]
  if (digest.equals(digestOf(INITIAL_PASSWORD, salt))) {
    throw new NotTaken(name, `users with the password ${INITIAL_PASSWORD}, which everybody knows`)
  }
  return keepDigest(salt, digest)
}

function isKept(term: Term | undefined): term is Buffer {
  return Buffer.isBuffer(term) && term.length === HASH_BYTES
}
