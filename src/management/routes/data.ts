import {
  deleteBackup,
  downloadBackup,
  exportData,
  IDENTITY_TABLES,
  importData,
  listBackups,
  TABLE_SETS,
  type TableSetName,
  uploadBackup,
} from '../contract/data.ts'
import type { ManagementContext } from '../context.ts'
import { type BackupFile, BackupFiles } from '../data/backup-files.ts'
import { readArchive } from '../data/archive.ts'
import { makeBackup } from '../data/make-backup.ts'
import { restoreBackup } from '../data/restore-backup.ts'
import { ApiError, badRequest, notFound } from '../http/api-error.ts'
import type { Caller } from '../http/caller.ts'
import { noContent, ok, type Route, route } from '../http/route.ts'
import { formatTime } from '../time-text.ts'
import { readPage, sortedListing } from './read-page.ts'

const NOTICE =
  'Passwords of connectors and keys of certificates are in the archive as they are: keep it as ' +
  'safe as the node itself.'

/** Backups of the node. */
export function dataRoutes(context: ManagementContext): readonly Route[] {
  const { node } = context
  const files = new BackupFiles(node.dataDir)
  const read = async (name: string): Promise<Buffer> => {
    if (files.get(name) === undefined) throw noBackup(name)
    return files.read(name)
  }
  return [
    route(exportData, async ({ body, caller }) => {
      const base = `tideway-export-${stamp(node.nowMs())}`
      // Without a body there is none.
      const { root_keys: roots, table_sets: tables, files: withFiles } = body ?? {}
      checkTables(caller, tables ?? [])
      const name = `${base}.tar.gz`
      const parts = {
        roots,
        tables: tables ?? TABLE_SETS.filter((table) => mayHave(caller, table)),
        files: withFiles ?? roots === undefined,
      }
      await files.write(name, await makeBackup(context, base, parts))
      const made = files.get(name)
      if (made === undefined) throw new Error(`${name} was written and is not there`)
      return ok({ ...toBody(node.name, made), notice: NOTICE })
    }),
    route(importData, async ({ body: { filename }, caller }) => {
      const archive = await readArchive(await read(filename), node.nowMs())
      checkTables(caller, [...archive.tables.keys()])
      const warnings = await context.configChanges.inTurn((turn) => {
        return restoreBackup(context, turn, archive)
      })
      for (const warning of warnings) node.log.warn('data_not_imported', { reason: warning })
      return warnings.length === 0 ? noContent() : ok({ warnings: [...warnings] })
    }),
    route(listBackups, ({ query }) => {
      const listing = sortedListing(files.list(), ['number', 'string'], ({ createdAtMs, name }) => [
        -createdAtMs,
        name,
      ])
      return readPage(query, listing, (one) => toBody(node.name, one))
    }),
    route(uploadBackup, async ({ body }) => {
      if (!BackupFiles.isName(body.name)) {
        throw badRequest('The name of the file must end with .tar.gz; letters, digits, `_.-`.')
      }
      await files.write(body.name, body.bytes)
      return noContent()
    }),
    route(downloadBackup, async ({ params: { filename }, caller }) => {
      const content = await read(filename)
      if (caller.kind === 'key') {
        const { tables } = await readArchive(content, node.nowMs())
        checkTables(caller, [...tables.keys()])
      }
      return ok({ name: filename, content: [content] })
    }),
    route(deleteBackup, async ({ params: { filename } }) => {
      if (!(await files.remove(filename))) throw noBackup(filename)
      return noContent()
    }),
  ]
}

/** API keys may not use the paths of users and keys: what is in these is not for them either. */
function mayHave(caller: Caller, table: TableSetName): boolean {
  return caller.kind !== 'key' || !IDENTITY_TABLES.includes(table)
}

/** @throws ApiError 403 for tables that would make a key more than it is */
function checkTables(caller: Caller, tables: readonly TableSetName[]): void {
  const refused = tables.filter((table) => !mayHave(caller, table))
  if (refused.length === 0) return
  const message =
    `API keys may not have ${refused.join(' and ')}: log in as an administrator, or make a ` +
    'backup without these.'
  throw new ApiError(403, 'UNAUTHORIZED_ROLE', message)
}

/** `2026-11-23-12-00-00.123`, as EMQX has it. */
function stamp(timeMs: number): string {
  return formatTime(timeMs).replaceAll(/[T:]/g, '-').replace('Z', '')
}

function toBody(node: string, { name, sizeBytes, createdAtMs }: BackupFile) {
  return {
    filename: name,
    node,
    created_at: formatTime(createdAtMs),
    created_at_sec: Math.floor(createdAtMs / 1000),
    size: sizeBytes,
  }
}

function noBackup(name: string) {
  return notFound(`There is no backup ${name}: GET /data/files lists them.`)
}
