/** What a backup holds beside the configuration: tables, each as lines of JSON. */
import type { StoredUser } from '#access/authentication/users/user-directory.ts'
import type { SubjectRules } from '#access/authorization/rules/rule-table.ts'
import { type Ban, compileBan } from '#access/protection/ban.ts'
import type { OperatorMessage } from '#broker/operator/views.ts'
import type { SqlRow } from '#storage/sqlite/sqlite-database.ts'
import type { TableSetName } from '../contract/data.ts'
import type { ManagementContext } from '../context.ts'
import type { TableRow } from './table-rows.ts'

/** A table: all of its rows, and how rows come back. Rows that exist are replaced. */
export interface TableSet {
  readonly name: TableSetName
  rows(): Promise<readonly unknown[]>
  /**
   * Checks what is to be restored, beside the form of each row.
   * @throws an Error that says why it cannot be
   */
  check?(rows: readonly unknown[]): void
  /** @param rows are of the form of `TABLE_ROWS` */
  restore(rows: readonly unknown[]): Promise<void>
}

/** Subjects, bans and messages asked for at a time. */
const PART = 10_000
const PART_BYTES = 16 * 1024 * 1024

/** All tables, in the order in which they are restored. */
export function tableSets(context: ManagementContext): readonly TableSet[] {
  const { node, users, keys, tokens } = context
  return [
    {
      name: 'dashboard_users',
      rows: async () => users.dump(),
      check: (rows) => users.checkRestore(rows as readonly SqlRow[]),
      async restore(rows) {
        for (const username of users.restore(rows as readonly SqlRow[])) tokens.endAllOf(username)
      },
    },
    {
      name: 'api_keys',
      rows: async () => keys.dump(),
      restore: async (rows) => keys.restore(rows as readonly SqlRow[]),
    },
    {
      name: 'builtin_authn',
      rows: async () => node.authenticationUsers.dump(),
      restore: (rows) => node.authenticationUsers.restore(rows as readonly StoredUser[]),
    },
    {
      name: 'builtin_authz',
      rows: () => storedRules(context),
      restore: (rows) => node.access.setRules(rows as readonly SubjectRules[], 'replace'),
    },
    {
      name: 'banned',
      rows: () => bans(context),
      check(rows) {
        for (const ban of rows as readonly Ban[]) compileBan(ban)
      },
      async restore(rows) {
        await node.access.ban(rows as readonly Ban[])
      },
    },
    {
      name: 'builtin_retainer',
      rows: () => retained(context),
      restore: (rows) => publishRetained(context, rows as readonly RetainedRow[]),
    },
  ]
}

async function storedRules({ node }: ManagementContext): Promise<readonly SubjectRules[]> {
  const { access } = node
  const all: SubjectRules[] = []
  for (const kind of ['client', 'user'] as const) {
    for (let skip = 0; ; skip += PART) {
      const { items } = await access.listRules(kind, { skip, limit: PART })
      all.push(...items)
      if (items.length < PART) break
    }
  }
  const subject = { kind: 'all' } as const
  const forAll = await access.rulesOf(subject)
  return forAll === undefined ? all : [...all, { subject, rules: forAll }]
}

async function bans({ node }: ManagementContext): Promise<readonly Ban[]> {
  const all: Ban[] = []
  for (let skip = 0; ; skip += PART) {
    const { items } = await node.access.listBans({ skip, limit: PART })
    all.push(...items)
    if (items.length < PART) return all
  }
}

type RetainedRow = TableRow<'builtin_retainer'>

async function retained({ shards }: ManagementContext): Promise<readonly RetainedRow[]> {
  const all: RetainedRow[] = []
  for (let from = ''; ;) {
    const range = { from, limit: PART, withPayload: true, payloadBytesMax: PART_BYTES }
    const part = await shards.call(0, 'listRetained', undefined, 0, range)
    for (const { topic, payload, qos, publisher } of part.items) {
      const encoded = Buffer.from(payload ?? []).toString('base64')
      all.push({ topic, payload: encoded, qos, publisher })
    }
    if (part.next === undefined) return all
    from = part.next
  }
}

async function publishRetained(
  { shards }: ManagementContext,
  rows: readonly RetainedRow[],
): Promise<void> {
  for (const { topic, payload, qos, publisher } of rows) {
    const message: OperatorMessage = {
      topic,
      payload: Buffer.from(payload, 'base64'),
      qos,
      retain: true,
      publisher,
      username: undefined,
      properties: {},
    }
    await shards.call(shards.shardForTopic(topic), 'publish', [message])
  }
}
