import { existsSync, globSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { printHocon } from '#config/hocon/print.ts'
import type { Plain } from '#config/hocon/value.ts'
import { HoconError, toPlain } from '#config/hocon/value.ts'
import { parseSyntax } from '#config/hocon/parser.ts'
import { resolveSyntax } from '#config/hocon/resolve.ts'
import type { ConfigTurn } from '../config/config-changes.ts'
import { type ConfigEdit, type ConfigPlan, ConfigRefusal } from '../config-port.ts'
import type { TableSetName } from '../contract/data.ts'
import type { ManagementContext } from '../context.ts'
import { badRequest } from '../http/api-error.ts'
import { packTar, type TarEntry, TarError, unpackTar } from '../files/tar.ts'
import { tableSets } from './table-sets.ts'

/** What an archive may hold, unpacked. */
const ARCHIVE_BYTES_MAX = 1024 * 1024 * 1024
/** Folders of the data directory that belong to the configuration. */
const FOLDERS = ['certs', 'authz']
const PRODUCT = 'tideway'

/** What to take into a backup; undefined = all. */
export interface BackupParts {
  readonly roots: readonly string[] | undefined
  readonly tables: readonly string[] | undefined
}

/** A backup of the node, as a tar archive packed by gzip. */
export async function makeBackup(
  context: ManagementContext,
  name: string,
  { roots, tables }: BackupParts,
): Promise<Buffer> {
  const { node } = context
  const nowMs = node.nowMs()
  const meta = { product: PRODUCT, version: node.version, node: node.name, time_ms: nowMs }
  const entries: TarEntry[] = [
    entry('META.hocon', printHocon(meta)),
    entry('cluster.hocon', onlyRoots(node.config.snapshot(), roots)),
    ...filesOf(node.dataDir),
  ]
  for (const table of tableSets(context)) {
    if (tables !== undefined && !tables.includes(table.name)) continue
    const lines = (await table.rows()).map((row) => `${JSON.stringify(row)}\n`)
    entries.push(entry(`tables/${table.name}.jsonl`, lines.join('')))
  }
  const named = entries.map((one) => ({ ...one, name: `${name}/${one.name}` }))
  return packTar(named, nowMs)
}

/**
 * Takes over what is in a backup, of this product or of EMQX 5: configuration by roots, files,
 * tables. What exists under the same names is replaced, everything else stays.
 * @returns what could not be taken over, and why
 * @throws ApiError 400 when it is no backup; nothing has changed then
 */
export async function restoreBackup(
  context: ManagementContext,
  turn: ConfigTurn,
  packed: Uint8Array,
): Promise<readonly string[]> {
  const files = readArchive(packed)
  const meta = files.get('META.hocon')
  const config = files.get('cluster.hocon')
  if (meta === undefined || config === undefined) {
    throw badRequest('The archive is no backup: it has no META.hocon or no cluster.hocon.')
  }
  const tables = readTables(files)
  const written = readHocon(config.toString('utf8'))
  await restoreFiles(context.node.dataDir, files)
  const warnings = await restoreConfig(context, turn, written)
  for (const { name, restore } of tableSets(context)) {
    const rows = tables.get(name)
    if (rows === undefined) continue
    try {
      await restore(rows)
    } catch (error) {
      warnings.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  for (const name of files.keys()) {
    if (!name.startsWith('mnesia/')) continue
    warnings.push(`${name}: tables of EMQX are in the format of Erlang, which is not read here`)
  }
  return warnings
}

function entry(name: string, text: string): TarEntry {
  return { name, content: Buffer.from(text) }
}

function filesOf(dataDir: string): readonly TarEntry[] {
  return FOLDERS.flatMap((folder) => {
    const found = globSync(`${folder}/**/*`, { cwd: dataDir, withFileTypes: true })
    return found.flatMap((file) => {
      if (!file.isFile()) return []
      const path = join(file.parentPath, file.name)
      const name = path.slice(join(dataDir, '/').length).replaceAll('\\', '/')
      return [{ name, content: readFileSync(path) }]
    })
  })
}

/** Files by their path below the one folder that an archive has. */
function readArchive(packed: Uint8Array): ReadonlyMap<string, Buffer> {
  try {
    const entries = unpackTar(packed, ARCHIVE_BYTES_MAX)
    return new Map(
      entries.map(({ name, content }) => {
        const parts = name.replace(/^\.\//, '').split('/')
        return [parts.slice(1).join('/'), content]
      }),
    )
  } catch (error) {
    if (error instanceof TarError) throw badRequest(`${error.message}.`)
    throw error
  }
}

function readTables(files: ReadonlyMap<string, Buffer>): Map<TableSetName, readonly unknown[]> {
  const tables = new Map<TableSetName, readonly unknown[]>()
  for (const [path, content] of files) {
    const name = /^tables\/(\w+)\.jsonl$/.exec(path)?.[1]
    if (name === undefined) continue
    const lines = content.toString('utf8').split('\n').filter(Boolean)
    try {
      // A name that is no table is asked for by nobody.
      tables.set(
        name as TableSetName,
        lines.map((line) => JSON.parse(line) as unknown),
      )
    } catch {
      throw badRequest(`${path} of the archive is damaged.`)
    }
  }
  return tables
}

type Written = Readonly<Record<string, Plain>>

function readHocon(text: string): Written {
  try {
    const { root } = resolveSyntax([parseSyntax(text, 'cluster.hocon')])
    return toPlain(root) as Written // A document is an object.
  } catch (error) {
    if (error instanceof HoconError) throw badRequest(`${error.message}.`)
    throw error
  }
}

function onlyRoots(text: string, roots: readonly string[] | undefined): string {
  if (roots === undefined) return text
  return printHocon(
    Object.fromEntries(Object.entries(readHocon(text)).filter(([root]) => roots.includes(root))),
  )
}

async function restoreFiles(dataDir: string, files: ReadonlyMap<string, Buffer>): Promise<void> {
  for (const [name, content] of files) {
    const isOurs = FOLDERS.some((folder) => name.startsWith(`${folder}/`))
    // Nothing of an archive gets outside of these folders.
    if (!isOurs || normalize(name) !== name || name.includes('\\')) continue
    const path = join(dataDir, name)
    if (existsSync(path) && readFileSync(path).equals(content)) continue
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content, { mode: 0o600 })
  }
}

/** Roots that are not valid here are told and passed over; the others take effect together. */
async function restoreConfig(
  context: ManagementContext,
  turn: ConfigTurn,
  written: Written,
): Promise<string[]> {
  const warnings: string[] = []
  const good: Record<string, Plain> = {}
  for (const [root, value] of Object.entries(written)) {
    const failure = tryPlan(context, { ...good, [root]: value })
    if (failure instanceof ConfigRefusal) warnings.push(...failure.problems)
    else good[root] = value
  }
  await turn.edit(toEdit(good))
  return warnings
}

function toEdit(written: Written): ConfigEdit {
  return { kind: 'text', text: printHocon(written), replace: true, without: [] }
}

function tryPlan({ node }: ManagementContext, written: Written): ConfigPlan | ConfigRefusal {
  try {
    return node.config.plan(toEdit(written))
  } catch (error) {
    if (error instanceof ConfigRefusal) return error
    throw error
  }
}
