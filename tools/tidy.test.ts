/** The house style as a test: a problem is one line, `file:line: what is wrong, the remedy`. */
import assert from 'node:assert/strict'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { HOT_PATH, WAIVERS } from './layers.ts'
import { applyWaivers, formatProblem } from './tidy/problem.ts'
import { loadProject } from './tidy/project.ts'
import { RULES } from './tidy/rules.ts'

const LINES_SHOWN_MAX = 50

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const project = loadProject(root)
const results = [...RULES].map(([name, check]) => ({ name, problems: check(project) }))
const { unused } = applyWaivers(
  results.flatMap(({ problems }) => problems),
  WAIVERS,
)

function failWith(lines: readonly string[]): void {
  if (lines.length === 0) return
  const rest = lines.length - LINES_SHOWN_MAX
  const more = rest > 0 ? [`and ${rest} more`] : []
  const error = new assert.AssertionError({
    message: ['', ...lines.slice(0, LINES_SHOWN_MAX), ...more].join('\n'),
  })
  delete error.stack // The place in this file tells nothing.
  throw error
}

test('the project is read', () => {
  assert.ok(project.sources.has('tools/tidy.test.ts'), 'the reader of the project sees no files')
})

for (const { name, problems } of results) {
  test(name, () => failWith(applyWaivers(problems, WAIVERS).open.map(formatProblem)))
}

test('the hot path names files that exist', () => {
  const missing = HOT_PATH.filter((path) => !project.sources.has(path))
  failWith(missing.map((path) => `tools/layers.ts: ${path} is on the hot path and does not exist`))
})

test('every waiver is needed and has a reason', () => {
  failWith(unused.map(({ rule, path }) => `tools/layers.ts: waiver ${rule} for ${path}: remove it`))
  failWith(WAIVERS.filter(({ reason }) => reason === '').map(({ path }) => `${path}: no reason`))
})
