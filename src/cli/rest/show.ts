/** What commands print: tables and records for people, JSON for programs. */

type Row = Readonly<Record<string, unknown>>

/** Columns of a terminal that is none. */
const WIDTH_MAX = 200
const CELL_MAX = 60

/** One row a line below the names of the columns; a list without rows says so. */
export function showTable(rows: readonly Row[], columns: readonly string[]): void {
  if (rows.length === 0) {
    console.log('none')
    return
  }
  const cells = rows.map((row) => columns.map((column) => cellOf(row[column])))
  const widths = columns.map((column, index) => {
    return Math.max(column.length, ...cells.map((row) => row[index]?.length ?? 0))
  })
  for (const row of [columns.map((column) => column.toUpperCase()), ...cells]) {
    const line = row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')
    console.log(line.trimEnd().slice(0, process.stdout.columns ?? WIDTH_MAX))
  }
}

/** One field a line, whose parts have their path as name. */
export function showRecord(record: unknown, path = ''): void {
  const lines = fieldsOf(record, path)
  const width = Math.max(0, ...lines.map(([name]) => name.length))
  for (const [name, value] of lines) console.log(`${name.padEnd(width)}  ${value}`)
}

/** For programs. */
export function showJson(value: unknown): void {
  console.log(JSON.stringify(value, undefined, 2))
}

function fieldsOf(value: unknown, path: string): readonly (readonly [string, string])[] {
  const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isGroup) return [[path, textOf(value)]]
  return Object.entries(value).flatMap(([name, part]) => {
    return fieldsOf(part, path === '' ? name : `${path}.${name}`)
  })
}

function cellOf(value: unknown): string {
  const text = textOf(value)
  return text.length > CELL_MAX ? `${text.slice(0, CELL_MAX - 1)}…` : text
}

/** Control characters that a client has put into a name are shown, not obeyed. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, (char) => {
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}
