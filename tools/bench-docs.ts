/**
 * Brings results of comparisons into docs/performance.md.
 *
 *   node tools/bench-docs.ts [file.json…]
 *
 * Without files the latest in bench/results is taken. Of several files, a scenario is taken from
 * the last one that has it: a part can be measured again.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ComparisonReport } from '../bench/compare/report.ts'
import { resultsSection, withResults } from '../bench/compare/results-section.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, 'bench/results')
const page = join(root, 'docs/performance.md')

/** Their names begin with date and time. */
function latest(): readonly string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return names
    .toSorted()
    .slice(-1)
    .map((name) => join(folder, name))
}

const files = process.argv.length > 2 ? process.argv.slice(2) : latest()
const reports = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as ComparisonReport)
writeFileSync(page, withResults(readFileSync(page, 'utf8'), resultsSection(reports)))
console.log(`${page}: ${files.join(', ')}`)
