import { normalize } from 'node:path'
import { normalize as underProperNames } from '#config/decode.ts'
import { parseSyntax } from '#config/hocon/parser.ts'
import { resolveSyntax } from '#config/hocon/resolve.ts'
import type { Plain } from '#config/hocon/value.ts'
import { HoconError, toPlain } from '#config/hocon/value.ts'
import { tidewayFields } from '#config/tideway-config.ts'
import { TABLE_SETS, type TableSetName } from '../contract/data.ts'
import { TarError, unpackTar } from '../files/tar.ts'
import { badRequest } from '../http/api-error.ts'
import { EXPORT_DIR, readEmqxExport } from './emqx/emqx-export.ts'
import { checkRows } from './table-rows.ts'
import type { Written } from './written.ts'

/** What an archive may hold, unpacked. */
const ARCHIVE_BYTES_MAX = 1024 * 1024 * 1024
/** Folders of the data directory that belong to the configuration. */
export const FOLDERS = ['certs', 'authz'] as const
const LINE_FEED = 0x0a
const META = 'META.hocon'

/** What is in a backup. */
export interface Archive {
  readonly config: Written
  /** The data directory of the node that it was made of; undefined = not told. */
  readonly dataDir: string | undefined
  /** Files for the data directory, by their path in it. */
  readonly files: ReadonlyMap<string, Buffer>
  /** Rows are of their table. */
  readonly tables: ReadonlyMap<TableSetName, readonly unknown[]>
  /** What in it is not taken over, and why. */
  readonly remarks: readonly string[]
}

/**
 * Reads and checks a backup, of this product or of EMQX 5.
 * @throws ApiError 400 when it is none, or something in it is not what it should be
 */
export async function readArchive(packed: Uint8Array, nowMs: number): Promise<Archive> {
  const all = unpack(packed)
  const meta = readHocon(needed(all, META).toString('utf8'), META)
  const files = [...all].filter(([name]) => FOLDERS.some((at) => name.startsWith(`${at}/`)))
  const inside = new Map(files.filter(([name]) => isInside(name)))
  const outside = files.filter(([name]) => !inside.has(name))
  const remarks = outside.map(([name]) => `${name}: it would stand outside of its folder`)
  if (meta['edition'] === undefined) {
    const config = readHocon(needed(all, 'cluster.hocon').toString('utf8'))
    const tables = new Map(TABLE_SETS.flatMap((name) => tableOf(all, name)))
    return { config, dataDir: textOf(meta['data_dir']), files: inside, tables, remarks }
  }
  // An export of EMQX lacks the configuration when nothing was changed at run time.
  const config = readHocon(all.get('cluster.hocon')?.toString('utf8') ?? '')
  const taken = await readEmqxExport(config, all, nowMs)
  for (const [name, rows] of taken.tables) checkRows(name, rows, `${name} of mnesia/`)
  return {
    config: taken.config,
    dataDir: EXPORT_DIR,
    files: new Map([...inside, ...taken.files]),
    tables: taken.tables,
    remarks: [...remarks, ...taken.remarks],
  }
}

function needed(all: ReadonlyMap<string, Buffer>, name: string): Buffer {
  const content = all.get(name)
  if (content === undefined) throw badRequest(`The archive is no backup: it has no ${name}.`)
  return content
}

/** HOCON as written roots. @throws ApiError 400 */
export function readHocon(text: string, name = 'cluster.hocon'): Written {
  try {
    const { root } = resolveSyntax([parseSyntax(text, name)])
    // A document is an object. Its keys have their proper names, as problems are told with them.
    return toPlain(underProperNames(tidewayFields, root)) as Written
  } catch (error) {
    if (error instanceof HoconError) throw badRequest(`${error.message}.`)
    throw error
  }
}

function textOf(value: Plain | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Files by their path below the one folder that an archive has. */
function unpack(packed: Uint8Array): ReadonlyMap<string, Buffer> {
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

/** Nothing of an archive gets outside of its folders, or stands for a folder itself. */
function isInside(name: string): boolean {
  return normalize(name) === name && !/[\\\0]|\/$/.test(name)
}

function tableOf(
  all: ReadonlyMap<string, Buffer>,
  name: TableSetName,
): readonly (readonly [TableSetName, readonly unknown[]])[] {
  const path = `tables/${name}.jsonl`
  const content = all.get(path)
  if (content === undefined) return []
  const rows = [...linesOf(content)].map((line, index): unknown => {
    try {
      return JSON.parse(line)
    } catch {
      throw badRequest(`${path} of the archive is damaged at line ${index + 1}.`)
    }
  })
  checkRows(name, rows, path)
  return [[name, rows]]
}

/** One line at a time: the whole may be larger than a string. */
function* linesOf(content: Buffer): Generator<string> {
  for (let at = 0; at < content.length;) {
    const end = content.indexOf(LINE_FEED, at)
    const line = content.toString('utf8', at, end === -1 ? content.length : end)
    if (line !== '') yield line
    at = end === -1 ? content.length : end + 1
  }
}
