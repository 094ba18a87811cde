import { join } from 'node:path'
import type { Plain } from '#config/hocon/value.ts'
import type { TableSetName } from '../../contract/data.ts'
import { badRequest } from '../../http/api-error.ts'
import { isGroup, type Written } from '../written.ts'
import { takeTable, type TakenTable } from './emqx-tables.ts'
import { fileTexts } from './inline-files.ts'
import { MnesiaError } from './mnesia-table.ts'
import { readPskIdentities } from './psk-identities.ts'

/** What an export of EMQX 5 holds, in terms of this product. */
export interface EmqxExport {
  readonly config: Written
  /** Files that the configuration names. */
  readonly files: ReadonlyMap<string, Buffer>
  readonly tables: ReadonlyMap<TableSetName, readonly unknown[]>
  /** What was not taken over, or not as it was. */
  readonly remarks: readonly string[]
}

/** Stands for the data directory of the exported node, which an export does not name. */
export const EXPORT_DIR = '/emqx-export'
const TABLES = 'mnesia/'
const PSK_TABLE = `${TABLES}emqx_psk`
const PSK_FILE = 'authz/emqx.psk'
const SCRAM_ITERATIONS = 4096

/**
 * Reads tables and files of an export of EMQX 5.
 * @param config that of the export
 * @param entries all files of the export, by their names in it
 * @throws ApiError 400 when a table is damaged
 */
export async function readEmqxExport(
  config: Written,
  entries: ReadonlyMap<string, Buffer>,
  nowMs: number,
): Promise<EmqxExport> {
  const { node: _, ...ofAnyNode } = config
  const filed = fileTexts(ofAnyNode, EXPORT_DIR)
  const tables = new Map<TableSetName, readonly unknown[]>()
  const remarks = config['node'] === undefined ? [] : ['node: it is about the exported node']
  const context = { nowMs, scramIterations: scramIterationsOf(config) }
  for (const [path, content] of entries) {
    if (!path.startsWith(TABLES) || path === PSK_TABLE) continue
    const taken = await atPath(path, () => takeTable(path.slice(TABLES.length), content, context))
    if (taken === undefined) remarks.push(`${path}: a table that has no like here`)
    else take(tables, taken)
    remarks.push(...(taken?.remarks ?? []).map((remark) => `${path}: ${remark}`))
  }
  const psk = entries.get(PSK_TABLE)
  const rest = psk === undefined ? filed : await withPsk(filed, psk, remarks)
  return { ...rest, tables, remarks }
}

/** Some of EMQX's tables are one here. */
function take(tables: Map<TableSetName, readonly unknown[]>, { set, rows }: TakenTable): void {
  tables.set(set, [...(tables.get(set) ?? []), ...rows])
}

/** Pre-shared keys stand in a file here. */
async function withPsk(
  { config, files }: Pick<EmqxExport, 'config' | 'files'>,
  table: Buffer,
  remarks: string[],
): Promise<Pick<EmqxExport, 'config' | 'files'>> {
  const root = config['psk_authentication']
  const separator = isGroup(root) ? String(root['separator'] ?? ':') : ':'
  const read = await atPath(PSK_TABLE, async () => readPskIdentities(table, separator))
  remarks.push(...read.remarks.map((remark) => `${PSK_TABLE}: ${remark}`))
  if (read.count === 0) return { config, files }
  const withFile = new Map([...files, [PSK_FILE, Buffer.from(read.text)] as const])
  if (isGroup(root)) {
    const named = { ...root, init_file: join(EXPORT_DIR, PSK_FILE) }
    return { config: { ...config, psk_authentication: named }, files: withFile }
  }
  remarks.push(
    `${PSK_TABLE}: the identities are in ${PSK_FILE} of the data directory: name that file as ` +
      'psk_authentication.init_file',
  )
  return { config, files: withFile }
}

/** That of the first authenticator of SCRAM; by default that of EMQX. */
function scramIterationsOf(config: Written): number {
  const written = config['authentication'] ?? []
  const list: readonly Plain[] = Array.isArray(written) ? written : [written]
  const scram = list.filter(isGroup).find((one) => one['mechanism'] === 'scram')
  return Number(scram?.['iteration_count'] ?? SCRAM_ITERATIONS)
}

/** @throws ApiError 400 that names the table, when it is damaged */
async function atPath<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof MnesiaError) {
      throw badRequest(`${path} of the archive cannot be read: ${error.message}.`)
    }
    throw error
  }
}
