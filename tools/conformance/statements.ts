/** One normative statement of a standard. */
export interface Statement {
  /** `MQTT-3.1.4-2`, or `MQTT311-3.1.2-24` for what only 3.1.1 states. */
  readonly tag: string
  /** Who has to act. */
  readonly binds: 'server' | 'client' | 'both'
  readonly section: string
  readonly summary: string
  /** Why no test can prove it; empty when one has to. */
  readonly untestedReason: string
  /** MQTT 3.1.1 only: the tags of MQTT 5 that ask for the same, whose tests prove this one too. */
  readonly sameAs: readonly string[]
}

/** A well-formed tag, without brackets. */
export const TAG = /^MQTT(?:311)?-\d+(?:\.\d+)*-\d+$/

/**
 * Reads a table of statements, as docs/conformance/README.md describes it.
 *
 * Throws an error that names `path` and the line when a line does not fit.
 */
export function parseStatements(path: string, text: string): readonly Statement[] {
  const seen = new Set<string>()
  return text.split('\n').flatMap((line, index) => {
    if (line === '' || index === 0) return []
    const statement = parseLine(line)
    if (typeof statement === 'string') throw new Error(`${path}:${index + 1}: ${statement}`)
    if (seen.has(statement.tag)) throw new Error(`${path}:${index + 1}: ${statement.tag} again`)
    seen.add(statement.tag)
    return [statement]
  })
}

/** The statement of a line, or what is wrong with the line. */
function parseLine(line: string): Statement | string {
  const cells = line.split('\t').map((cell) => cell.trim())
  const [tag = '', binds = '', section = '', summary = '', untestedReason = '', same = ''] = cells
  if (cells.length !== 5 && cells.length !== 6) return `${cells.length} columns, wanted 5 or 6`
  if (binds !== 'server' && binds !== 'client' && binds !== 'both') {
    return `${binds} is none of server, client, both`
  }
  const sameAs = same.split(' ').filter((other) => other !== '')
  const malformed = [tag, ...sameAs].find((name) => !TAG.test(name))
  if (malformed !== undefined) return `${malformed} is no tag such as MQTT-3.1.4-2`
  if (section === '' || summary === '') return 'section and summary are needed'
  return { tag, binds, section, summary, untestedReason, sameAs }
}
