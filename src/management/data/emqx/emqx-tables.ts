import type { TableSetName } from '../../contract/data.ts'
import { ban, passwordUser, rulesOfSubject, scramUser } from './access-tables.ts'
import { apiKey, dashboardUser } from './identity-tables.ts'
import { delayedMessage, retainedMessage } from './message-tables.ts'
import { type MnesiaRecord, readMnesiaTable } from './mnesia-table.ts'
import { NotTaken, Remarks } from './not-taken.ts'

/** What has to be known of the node and of the rest of the export. */
export interface TableContext {
  readonly nowMs: number
  /** Rounds of SCRAM, which the records of its users do not have. */
  readonly scramIterations: number
}

/** Rows of a table here, made of one of EMQX. */
export interface TakenTable {
  readonly set: TableSetName
  readonly rows: readonly unknown[]
  /** Records that were not taken, or not as they were. */
  readonly remarks: readonly string[]
}

interface TableReader {
  readonly set: TableSetName
  /** Undefined: it is over, and not missed. */
  read(
    record: MnesiaRecord,
    context: TableContext,
    tell: (reason: string, who: string) => void,
  ): unknown
}

const READERS: ReadonlyMap<string, TableReader> = new Map<string, TableReader>([
  [
    'emqx_admin',
    { set: 'dashboard_users', read: (record, _, tell) => dashboardUser(record, tell) },
  ],
  ['emqx_app', { set: 'api_keys', read: apiKey }],
  ['emqx_authn_mnesia', { set: 'builtin_authn', read: passwordUser }],
  [
    'emqx_authn_scram_mnesia',
    {
      set: 'builtin_authn',
      read: (record, { scramIterations }) => scramUser(record, scramIterations),
    },
  ],
  [
    'emqx_acl',
    {
      set: 'builtin_authz',
      read: (record, _, tell) => rulesOfSubject(record, tell),
    },
  ],
  ['emqx_banned', { set: 'banned', read: (record, { nowMs }) => ban(record, nowMs) }],
  ['emqx_banned_rules', { set: 'banned', read: (record, { nowMs }) => ban(record, nowMs) }],
  [
    'emqx_retainer_message',
    { set: 'builtin_retainer', read: (record, { nowMs }) => retainedMessage(record, nowMs) },
  ],
  ['emqx_delayed', { set: 'delayed', read: delayedMessage }],
])

/**
 * Reads a table of an export of EMQX; undefined when it has no like here.
 * @param name of the table, which is that of its file
 * @throws MnesiaError when it is damaged
 */
export async function takeTable(
  name: string,
  file: Buffer,
  context: TableContext,
): Promise<TakenTable | undefined> {
  const reader = READERS.get(name)
  if (reader === undefined) return undefined
  const remarks = new Remarks()
  const rows: unknown[] = []
  for (const record of readMnesiaTable(name, file)) {
    try {
      const row = await reader.read(record, context, (reason, who) => remarks.add(reason, who))
      if (row !== undefined) rows.push(row)
    } catch (error) {
      if (!(error instanceof NotTaken)) throw error
      remarks.add(error.message, error.who)
    }
  }
  return { set: reader.set, rows, remarks: remarks.lines() }
}
