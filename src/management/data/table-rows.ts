/** What a row of each table of a backup is. */
import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import { BAN_KINDS } from '#access/protection/ban.ts'
import { validateTopicNameText } from '#codec/mqtt/topic.ts'
import { oneOf } from '../contract/common.ts'
import { KeyRole, UserRole } from '../contract/login.ts'
import type { TableSetName } from '../contract/data.ts'
import { badRequest } from '../http/api-error.ts'
import { backendOf, NO_PASSWORD } from '../identity/users.ts'

const Flag = Type.Union([Type.Literal(0), Type.Literal(1)])
const Text = Type.String({ minLength: 1 })
const BASE64 = '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$'
/** 32 bytes. */
const HASH = '^[A-Za-z0-9+/]{43}=$'

const UserRow = Type.Object({
  username: Text,
  /** Empty where somebody else checks who the user is. */
  password: Type.String({ pattern: String.raw`^(scrypt\$\d+\$\d+\$\d+\$[\w-]+\$[\w-]+)?$` }),
  role: UserRole,
  description: Type.String(),
  must_change: Flag,
})

const ApiKeyRow = Type.Object({
  name: Text,
  api_key: Text,
  secret_hash: Type.String({ pattern: HASH }),
  role: KeyRole,
  description: Type.String(),
  enable: Flag,
  scopes: Type.String({ pattern: String.raw`^\[("[^"\\]*"(,"[^"\\]*")*)?\]$` }),
  expires_at_ms: Type.Union([Type.Number(), Type.Null()]),
  created_at_ms: Type.Number(),
})

const StoredUserRow = Type.Union([
  Type.Object({
    chain: Text,
    mechanism: Type.Literal('password_based'),
    userId: Text,
    credential: Type.Object({
      isSuperuser: Type.Boolean(),
      hash: Type.String(),
      salt: Type.String(),
    }),
  }),
  Type.Object({
    chain: Text,
    mechanism: Type.Literal('scram'),
    userId: Text,
    credential: Type.Object({
      isSuperuser: Type.Boolean(),
      digest: oneOf(['sha256', 'sha512']),
      iterations: Type.Integer({ minimum: 1 }),
      salt: Type.String(),
      storedKey: Type.String(),
      serverKey: Type.String(),
    }),
  }),
])

const SubjectRulesRow = Type.Object({
  subject: Type.Union([
    Type.Object({ kind: oneOf(['client', 'user']), name: Text }),
    Type.Object({ kind: Type.Literal('all') }),
  ]),
  rules: Type.Array(
    Type.Object({
      permission: oneOf(['allow', 'deny']),
      action: oneOf(['publish', 'subscribe', 'all']),
      topic: Text,
      qos: Type.Optional(Type.Array(Type.Integer({ minimum: 0, maximum: 2 }))),
      retain: Type.Optional(Type.Boolean()),
    }),
  ),
})

const BanRow = Type.Object({
  as: oneOf(BAN_KINDS),
  who: Text,
  by: Type.String(),
  reason: Type.String(),
  atMs: Type.Number(),
  untilMs: Type.Optional(Type.Number()),
})

const RetainedRow = Type.Object({
  topic: Text,
  payload: Type.String({ pattern: BASE64 }),
  qos: Type.Union([Type.Literal(0), Type.Literal(1), Type.Literal(2)]),
  publisher: Type.String(),
})

/** The rows of each table. */
export const TABLE_ROWS = {
  dashboard_users: UserRow,
  api_keys: ApiKeyRow,
  builtin_authn: StoredUserRow,
  builtin_authz: SubjectRulesRow,
  banned: BanRow,
  builtin_retainer: RetainedRow,
} as const satisfies Readonly<Record<TableSetName, TSchema>>

/** A row of a table. */
export type TableRow<Name extends TableSetName> = Static<(typeof TABLE_ROWS)[Name]>

/**
 * Checks rows of an archive.
 * @throws ApiError 400 that names the row and what is wrong with it
 */
export function checkRows(name: TableSetName, rows: readonly unknown[]): void {
  const schema = TABLE_ROWS[name]
  for (const [index, row] of rows.entries()) {
    const problem = problemOf(schema, row) ?? topicProblem(name, row) ?? passwordProblem(name, row)
    if (problem === undefined) continue
    throw badRequest(`tables/${name}.jsonl of the archive, line ${index + 1}: ${problem}.`)
  }
}

function problemOf(schema: TSchema, row: unknown): string | undefined {
  if (Value.Check(schema, row)) return undefined
  const [first] = Value.Errors(schema, row)
  const path = (first?.instancePath ?? '').split('/').slice(1).join('.')
  return `${path === '' ? 'it' : path} ${first?.message ?? 'is not valid'}`
}

function topicProblem(name: TableSetName, row: unknown): string | undefined {
  if (name !== 'builtin_retainer') return undefined
  const { topic } = row as TableRow<'builtin_retainer'> // Just checked.
  const invalid = validateTopicNameText(topic)
  return invalid && `topic: ${invalid.detail}`
}

function passwordProblem(name: TableSetName, row: unknown): string | undefined {
  if (name !== 'dashboard_users') return undefined
  const { username, password } = row as TableRow<'dashboard_users'> // Just checked.
  const isMissing = password === NO_PASSWORD && backendOf(username) === 'local'
  return isMissing ? `password: the user ${username} has none` : undefined
}
