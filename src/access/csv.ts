/** One line with something in it. */
export interface CsvLine {
  readonly cells: string[]
  readonly line: number
}

/**
 * Lines of RFC 4180: cells may be quoted, quotes in them are doubled. Empty lines are skipped.
 * @throws what `fail` makes of a message that says the line
 */
export function csvLines(file: string, fail: (message: string) => Error): readonly CsvLine[] {
  const text = file.replace(/^\uFEFF/, '')
  const lines: CsvLine[] = []
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y
  let current: CsvLine = { cells: [], line: 1 }
  let lineNumber = 1
  while (cell.lastIndex < text.length || current.cells.length > 0) {
    const match = cell.exec(text)
    if (match === null) throw fail(`line ${lineNumber}: a quote is out of place`)
    const [whole, quoted, plain = '', end] = match
    lineNumber += whole.split('\n').length - 1
    current.cells.push(quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    if (current.cells.some((text) => text !== '')) lines.push(current)
    current = { cells: [], line: lineNumber }
    if (cell.lastIndex >= text.length) break
  }
  return lines
}
