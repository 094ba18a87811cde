import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { printHocon } from '#config/hocon/print.ts'
import type { TableSetName } from '../contract/data.ts'
import type { ManagementContext } from '../context.ts'
import { packTar, type TarEntry } from '../files/tar.ts'
import { FOLDERS, readHocon } from './archive.ts'
import { tableSets } from './table-sets.ts'

const PRODUCT = 'tideway'

/** What to take into a backup. */
export interface BackupParts {
  /** Roots of the configuration; undefined = all. */
  readonly roots: readonly string[] | undefined
  readonly tables: readonly TableSetName[]
  /** Certificates with their keys, and `acl.conf`. */
  readonly files: boolean
}

/** A backup of the node, as a tar archive packed by gzip. Secrets in it can be read by anybody. */
export async function makeBackup(
  context: ManagementContext,
  name: string,
  { roots, tables, files }: BackupParts,
): Promise<Buffer> {
  const { node } = context
  const nowMs = node.nowMs()
  const meta = {
    product: PRODUCT,
    version: node.version,
    node: node.name,
    time_ms: nowMs,
    data_dir: node.dataDir,
  }
  const entries: TarEntry[] = [
    entry('META.hocon', printHocon(meta)),
    entry('cluster.hocon', onlyRoots(node.config.snapshot(), roots)),
    ...(files ? filesOf(node.dataDir) : []),
  ]
  for (const table of tableSets(context)) {
    if (!tables.includes(table.name)) continue
    const lines = (await table.rows()).map((row) => Buffer.from(`${JSON.stringify(row)}\n`))
    entries.push({ name: `tables/${table.name}.jsonl`, content: Buffer.concat(lines) })
  }
  const named = entries.map((one) => ({ ...one, name: `${name}/${one.name}` }))
  return packTar(named, nowMs)
}

function entry(name: string, text: string): TarEntry {
  return { name, content: Buffer.from(text) }
}

function onlyRoots(text: string, roots: readonly string[] | undefined): string {
  if (roots === undefined) return text
  return printHocon(
    Object.fromEntries(Object.entries(readHocon(text)).filter(([root]) => roots.includes(root))),
  )
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
