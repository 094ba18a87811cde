import {
  deleteBackup,
  downloadBackup,
  exportData,
  importData,
  listBackups,
  uploadBackup,
} from '../contract/data.ts'
import type { ManagementContext } from '../context.ts'
import { type BackupFile, BackupFiles } from '../data/backup-files.ts'
import { makeBackup, restoreBackup } from '../data/backup.ts'
import { badRequest, notFound } from '../http/api-error.ts'
import { noContent, ok, type Route, route } from '../http/route.ts'
import { formatTime } from '../time-text.ts'
import { pageMeta } from './page-meta.ts'

/** Backups of the node. */
export function dataRoutes(context: ManagementContext): readonly Route[] {
  const { node } = context
  const files = new BackupFiles(node.dataDir)
  const read = async (name: string): Promise<Buffer> => {
    if (files.get(name) === undefined) throw noBackup(name)
    return files.read(name)
  }
  return [
    route(exportData, async ({ body }) => {
      const base = `tideway-export-${stamp(node.nowMs())}`
      // Without a body there is none.
      const parts = { roots: body?.root_keys, tables: body?.table_sets }
      const name = `${base}.tar.gz`
      await files.write(name, await makeBackup(context, base, parts))
      const made = files.get(name)
      if (made === undefined) throw new Error(`${name} was written and is not there`)
      return ok(toBody(node.name, made))
    }),
    route(importData, async ({ body: { filename } }) => {
      const packed = await read(filename)
      const warnings = await context.configChanges.inTurn((turn) => {
        return restoreBackup(context, turn, packed)
      })
      for (const warning of warnings) node.log.warn('data_not_imported', { reason: warning })
      return warnings.length === 0 ? noContent() : ok({ warnings: [...warnings] })
    }),
    route(listBackups, ({ query: { page = 1, limit = 100 } }) => {
      const all = files.list()
      const offset = (page - 1) * limit
      const data = all.slice(offset, offset + limit).map((one) => toBody(node.name, one))
      const found = { hasNext: offset + limit < all.length, cursor: undefined }
      return ok({ data, meta: pageMeta({ page, limit, cursor: undefined }, found, all.length) })
    }),
    route(uploadBackup, async ({ body }) => {
      if (!BackupFiles.isName(body.name)) {
        throw badRequest('The name of the file must end with .tar.gz; letters, digits, `_.-`.')
      }
      await files.write(body.name, body.bytes)
      return noContent()
    }),
    route(downloadBackup, async ({ params: { filename } }) => {
      return ok({ name: filename, content: [await read(filename)] })
    }),
    route(deleteBackup, async ({ params: { filename } }) => {
      if (!(await files.remove(filename))) throw noBackup(filename)
      return noContent()
    }),
  ]
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
