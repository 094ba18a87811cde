/** Files with users: CSV with a line of names, or JSON with a list of objects. */
import { csvLines } from '../../csv.ts'

/** One user of a file. Either `password` or `hash` is there. */
export interface ParsedUser {
  readonly userId: string
  readonly password: string | undefined
  readonly hash: string | undefined
  readonly salt: string
  readonly isSuperuser: boolean
}

/** Whether a file holds passwords or hashes. */
export type UserFileType = 'plain' | 'hash'

/** A file with users as it was read. */
export interface UserFile {
  readonly text: string
  readonly form: 'csv' | 'json'
  readonly type: UserFileType
}

/** A file of users that cannot be read: which line or item, and why. */
export class UserFileError extends Error {
  override readonly name = 'UserFileError'
}

const USER_ID_LENGTH_MAX = 65_535

/**
 * Reads all users of a file; all or nothing.
 * @throws UserFileError
 */
export function parseUsers({ text, form, type }: UserFile): readonly ParsedUser[] {
  const rows = form === 'json' ? jsonRows(text) : csvRows(text)
  return rows.map(({ where, row }) => toUser(row, where, type))
}

interface Row {
  readonly where: string
  readonly row: Readonly<Record<string, unknown>>
}

function toUser(row: Row['row'], where: string, type: UserFileType): ParsedUser {
  const userId = textOf(row['user_id'])
  if (userId === undefined || userId === '' || userId.length > USER_ID_LENGTH_MAX) {
    throw new UserFileError(`${where}: \`user_id\` is missing or not text`)
  }
  const wanted = type === 'plain' ? 'password' : 'password_hash'
  const secret = textOf(row[wanted])
  if (secret === undefined || secret === '') {
    throw new UserFileError(`${where}: \`${wanted}\` is missing (the file is read as ${type})`)
  }
  return {
    userId,
    password: type === 'plain' ? secret : undefined,
    hash: type === 'hash' ? secret : undefined,
    salt: textOf(row['salt']) ?? '',
    isSuperuser: flagOf(row['is_superuser'], where),
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' ? String(value) : undefined
}

function flagOf(value: unknown, where: string): boolean {
  switch (value) {
    case true:
    case 'true':
    case '1':
    case 1:
      return true
    case false:
    case 'false':
    case '0':
    case 0:
    case '':
    case undefined:
    case null:
      return false
    default:
      throw new UserFileError(`${where}: \`is_superuser\` is neither true nor false`)
  }
}

function jsonRows(text: string): readonly Row[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The message of the parser would show a part of the file.
    throw new UserFileError('the file is not JSON')
  }
  if (!Array.isArray(value)) throw new UserFileError('the file is not a list of users')
  return value.map((row: unknown, index) => {
    const where = `item ${index + 1}`
    if (typeof row === 'object' && row !== null) return { where, row: { ...row } }
    throw new UserFileError(`${where}: not an object`)
  })
}

function csvRows(text: string): readonly Row[] {
  const [names, ...lines] = csvLines(text, (message) => new UserFileError(message))
  if (names === undefined) return []
  if (!names.cells.includes('user_id')) {
    throw new UserFileError('the first line does not name the columns (`user_id`, …)')
  }
  return lines.map(({ cells, line }) => {
    const where = `line ${line}`
    if (cells.length > names.cells.length) throw new UserFileError(`${where}: too many columns`)
    return { where, row: Object.fromEntries(cells.map((cell, at) => [names.cells[at], cell])) }
  })
}
