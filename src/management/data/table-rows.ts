/** What a row of each table of a backup is. */
import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import { BAN_KINDS } from '#access/protection/ban.ts'
import { validateTopicNameText } from '#codec/mqtt/topic.ts'
import { oneOf } from '../contract/common.ts'
import { KeyRole, UserRole } from '../contract/login.ts'
import type { TableSetName } from '../contract/data.ts'
import { badRequest } from '../http/api-error.ts'
import { STORED_SECRET } from '../identity/api-keys.ts'
import { STORED_PASSWORD } from '../identity/passwords.ts'
import { backendOf, NO_PASSWORD } from '../identity/users.ts'

const Flag = Type.Union([Type.Literal(0), Type.Literal(1)])
const QoS = Type.Union([Type.Literal(0), Type.Literal(1), Type.Literal(2)])
const Text = Type.String({ minLength: 1 })
const BASE64 = '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$'

const UserRow = Type.Object({
  username: Text,
  /** Empty where somebody else checks who the user is. */
  password: Type.Union([
    Type.Literal(NO_PASSWORD),
    Type.String({ pattern: STORED_PASSWORD.source }),
  ]),
  role: UserRole,
  description: Type.String(),
  must_change: Flag,
})

const ApiKeyRow = Type.Object({
  name: Text,
  api_key: Text,
  secret_hash: Type.String({ pattern: STORED_SECRET.source }),
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
      qos: Type.Optional(Type.Array(QoS)),
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

const Base64 = Type.String({ pattern: BASE64 })

const RetainedRow = Type.Object({
  topic: Text,
  payload: Base64,
  qos: QoS,
  publisher: Type.String(),
  properties: Type.Optional(
    Type.Object({
      payloadFormatIndicator: Type.Optional(Flag),
      contentType: Type.Optional(Type.String()),
      responseTopic: Type.Optional(Type.String()),
      correlationData: Type.Optional(Base64),
      userProperties: Type.Optional(Type.Array(Type.Tuple([Type.String(), Type.String()]))),
    }),
  ),
  expiresAtMs: Type.Optional(Type.Number()),
})

const DelayedRow = Type.Object({
  ...RetainedRow.properties,
  retain: Type.Boolean(),
  username: Type.Optional(Type.String()),
  dueAtMs: Type.Number(),
})

const WatchedTopicRow = Type.Object({ topic: Text, createdAtMs: Type.Number() })

/** The rows of each table. */
export const TABLE_ROWS = {
  dashboard_users: UserRow,
  api_keys: ApiKeyRow,
  builtin_authn: StoredUserRow,
  builtin_authz: SubjectRulesRow,
  banned: BanRow,
  builtin_retainer: RetainedRow,
  delayed: DelayedRow,
  topic_metrics: WatchedTopicRow,
} as const satisfies Readonly<Record<TableSetName, TSchema>>

/** A row of a table. */
export type TableRow<Name extends TableSetName> = Static<(typeof TABLE_ROWS)[Name]>

/**
 * Checks rows of an archive.
 * @param path of their file in it
 * @throws ApiError 400 that names the row and what is wrong with it
 */
export function checkRows(name: TableSetName, rows: readonly unknown[], path: string): void {
  const schema = TABLE_ROWS[name]
  for (const [index, row] of rows.entries()) {
    const problem = problemOf(schema, row) ?? topicProblem(name, row) ?? passwordProblem(name, row)
    if (problem === undefined) continue
    throw badRequest(`${path} of the archive, line ${index + 1}: ${problem}.`)
  }
}

/** Tables whose rows are about a topic. */
const TOPIC_TABLES: ReadonlySet<TableSetName> = new Set([
  'builtin_retainer',
  'delayed',
  'topic_metrics',
])

function problemOf(schema: TSchema, row: unknown): string | undefined {
  if (Value.Check(schema, row)) return undefined
  const [first] = Value.Errors(schema, row)
  const path = (first?.instancePath ?? '').split('/').slice(1).join('.')
  return `${path === '' ? 'it' : path} ${first?.message ?? 'is not valid'}`
}

function topicProblem(name: TableSetName, row: unknown): string | undefined {
  if (!TOPIC_TABLES.has(name)) return undefined
  const { topic } = row as { readonly topic: string } // Just checked.
  const invalid = validateTopicNameText(topic)
  return invalid && `topic: ${invalid.detail}`
}

function passwordProblem(name: TableSetName, row: unknown): string | undefined {
  if (name !== 'dashboard_users') return undefined
  const { username, password } = row as TableRow<'dashboard_users'> // Just checked.
  const isMissing = password === NO_PASSWORD && backendOf(username) === 'local'
  return isMissing ? `password: the user ${username} has none` : undefined
}
