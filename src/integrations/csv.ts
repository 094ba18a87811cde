import { getKey, type ValueMap } from '#plugin/value.ts'
import { toText } from '#streams/values/to-text.ts'

/** The names of columns as a line, without its end. */
export function csvHeading(columns: readonly string[]): string {
  return columns.map(csvCell).join(',')
}

/** The columns of a record as a line, without its end; what is missing is empty. */
export function csvLine(record: ValueMap, columns: readonly string[]): string {
  return columns.map((name) => cellOf(record, name)).join(',')
}

function cellOf(record: ValueMap, name: string): string {
  const value = getKey(record, name)
  return value === undefined || value === null ? '' : csvCell(toText(value))
}

/** RFC 4180 §2. */
function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
