import { readFileSync } from 'node:fs'
import { csvLines } from '../csv.ts'
import { type Ban, BAN_KINDS, BanError, compileBan } from './ban.ts'

/** A file of bans that cannot be used: which line, and why. */
export class BanFileError extends Error {
  override readonly name = 'BanFileError'
}

/**
 * Reads the bans of a CSV file: a line of names, then `as,who,reason,at,until,by` in any order;
 * all but the first two may be left out. Times are RFC 3339 or seconds since 1970; `until` may be
 * `infinity`.
 * @throws BanFileError
 */
export function readBanFile(path: string, nowMs: number): readonly Ban[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const code = (error as { code?: string }).code ?? String(error)
    throw new BanFileError(`the file with bans ${path} cannot be read: ${code}`)
  }
  try {
    return parseBans(text, nowMs)
  } catch (error) {
    if (error instanceof BanFileError) throw new BanFileError(`${path}: ${error.message}`)
    throw error
  }
}

/**
 * The bans of the text of such a file.
 * @throws BanFileError
 */
export function parseBans(text: string, nowMs: number): readonly Ban[] {
  const [names, ...lines] = csvLines(text, (message) => new BanFileError(message))
  if (names === undefined) return []
  for (const name of ['as', 'who']) {
    if (!names.cells.includes(name))
      throw new BanFileError(`the first line does not name \`${name}\``)
  }
  return lines.map(({ cells, line }) => {
    const row = new Map(cells.map((cell, at) => [names.cells[at] ?? '', cell]))
    return toBan(row, `line ${line}`, nowMs)
  })
}

function toBan(row: ReadonlyMap<string, string>, where: string, nowMs: number): Ban {
  const kind = BAN_KINDS.find((one) => one === row.get('as'))
  if (kind === undefined) {
    throw new BanFileError(`${where}: \`as\` must be one of ${BAN_KINDS.join(', ')}`)
  }
  const ban: Ban = {
    as: kind,
    who: row.get('who') ?? '',
    by: row.get('by') ?? 'bootstrap file',
    reason: row.get('reason') ?? '',
    atMs: timeOf(row.get('at'), `${where}: \`at\``) ?? nowMs,
    untilMs: timeOf(row.get('until'), `${where}: \`until\``),
  }
  try {
    compileBan(ban)
  } catch (error) {
    if (error instanceof BanError) throw new BanFileError(`${where}: ${error.message}`)
    throw error
  }
  return ban
}

function timeOf(text: string | undefined, where: string): number | undefined {
  if (text === undefined || text === '' || text === 'infinity') return undefined
  const ms = /^\d{1,12}$/.test(text) ? Number(text) * 1000 : Date.parse(text)
  if (Number.isFinite(ms)) return ms
  throw new BanFileError(`${where} is no time: write RFC 3339 or seconds since 1970`)
}
