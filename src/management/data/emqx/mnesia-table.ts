/** A table as `mnesia:backup_checkpoint` writes it: one file for each. */
import { DiskLogError, readDiskLog } from './disk-log.ts'
import { decodeTerm, type Term, TermError } from '#codec/erlang/external-term.ts'
import { atomName, isList, isTuple, textOf } from './term-values.ts'

/** A record of a table: its fields by their names. */
export type MnesiaRecord = ReadonlyMap<string, Term>

/** A table that cannot be read: where, and why. */
export class MnesiaError extends Error {
  override readonly name = 'MnesiaError'
}

/** Major version of the log of a backup. */
const LOG_VERSION = /^1\./

/**
 * The records of a table. Fields have the names that the table itself says, so that versions with
 * more or fewer of them are read alike.
 * @throws MnesiaError when it is no backup of this table, or is damaged
 */
export function readMnesiaTable(name: string, file: Buffer): readonly MnesiaRecord[] {
  try {
    const items = readDiskLog(file)
    checkHead(items.next().value?.bytes)
    const records: MnesiaRecord[] = []
    let attributes: readonly string[] | undefined
    for (const { bytes, offset } of items) {
      const term = decodeAt(bytes, offset)
      const [first, ...fields] = isTuple(term) ? term.items : []
      const kind = first === undefined ? undefined : atomName(first)
      if (kind === 'schema') attributes = attributesOf(name, fields) ?? attributes
      else if (kind === name && fields.length === attributes?.length) {
        records.push(new Map(attributes.map((key, at) => [key, fields[at] ?? []])))
      } else throw new MnesiaError(`byte ${offset} holds no record of ${name}`)
    }
    if (attributes === undefined) throw new MnesiaError(`it does not describe the table ${name}`)
    return records
  } catch (error) {
    const isKnown = error instanceof DiskLogError || error instanceof TermError
    throw isKnown ? new MnesiaError(error.message) : error
  }
}

/** Offsets of a term are those in the file. */
function decodeAt(bytes: Buffer, offset: number): Term {
  try {
    return decodeTerm(bytes)
  } catch (error) {
    if (!(error instanceof TermError)) throw error
    throw new MnesiaError(`${error.message} of the term at byte ${offset}`)
  }
}

function checkHead(bytes: Buffer | undefined): void {
  const head = bytes === undefined ? [] : decodeTerm(bytes)
  const [name, kind, version = []] = isTuple(head) ? head.items : []
  const isBackup =
    name !== undefined &&
    kind !== undefined &&
    atomName(name) === 'log_header' &&
    atomName(kind) === 'backup_log'
  if (!isBackup) throw new MnesiaError('it is no backup of Mnesia')
  const text = textOf(version)
  if (text === undefined || !LOG_VERSION.test(text)) {
    throw new MnesiaError(`backups of version ${text} are not known`)
  }
}

/** `{schema, Table, [{attributes, [Name]} | ...]}`; undefined for one of something else. */
function attributesOf(
  name: string,
  [table, options]: readonly Term[],
): readonly string[] | undefined {
  if (table === undefined || atomName(table) !== name || !isList(options)) return undefined
  for (const option of options) {
    const [key, value] = isTuple(option) ? option.items : []
    if (key === undefined || atomName(key) !== 'attributes' || !isList(value)) continue
    return value.map((one) => atomName(one) ?? '')
  }
  return undefined
}
