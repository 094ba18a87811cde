import { readMnesiaTable } from './mnesia-table.ts'
import { Remarks } from './not-taken.ts'
import { textOf } from './term-values.ts'

/** Pre-shared keys as a file of `psk_authentication.init_file`. */
export interface PskIdentities {
  readonly text: string
  readonly count: number
  readonly remarks: readonly string[]
}

/** What such a file cannot hold: other lines, and spaces at the ends of one. */
const LINE = /^\S(?:[^\r\n]*\S)?$/

/**
 * The identities of the table `emqx_psk`.
 * @throws MnesiaError when it is damaged
 */
export function readPskIdentities(file: Buffer, separator: string): PskIdentities {
  const remarks = new Remarks()
  const lines = readMnesiaTable('emqx_psk', file).flatMap((record) => {
    const identity = textOf(record.get('psk_id')) ?? ''
    const line = `${identity}${separator}${textOf(record.get('shared_secret')) ?? '\n'}`
    if (identity !== '' && !identity.includes(separator) && LINE.test(line)) return [line]
    remarks.add('identities or keys that are no text of one line', identity)
    return []
  })
  return {
    text: lines.map((line) => `${line}\n`).join(''),
    count: lines.length,
    remarks: remarks.lines(),
  }
}
