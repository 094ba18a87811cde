/**
 * Prints which statements of the MQTT standards have no test or no line of source.
 *
 *   npm run conformance
 *
 * Ends with code 1 when a statement that binds a server has neither a test nor a reason, or when a
 * tag is in no table.
 */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type ConformanceReport,
  formatReport,
  isConformant,
  makeReport,
} from './conformance/report.ts'
import { parseStatements } from './conformance/statements.ts'
import { loadProject } from './tidy/project.ts'

const TABLES: readonly string[] = [
  'docs/conformance/statements-mqtt5.tsv',
  'docs/conformance/statements-mqtt311.tsv',
]

/** The report of the repository at `root`; throws when a table is missing or does not fit. */
export function readReport(root: string): ConformanceReport {
  const statements = TABLES.flatMap((path) => {
    return parseStatements(path, readFileSync(join(root, path), 'utf8'))
  })
  return makeReport(loadProject(root), statements)
}

if (import.meta.main) {
  try {
    const report = readReport(dirname(dirname(fileURLToPath(import.meta.url))))
    console.log(formatReport(report))
    if (!isConformant(report)) process.exitCode = 1
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
