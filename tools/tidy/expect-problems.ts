import assert from 'node:assert/strict'
import { type Rule, formatProblem } from './problem.ts'
import { type Project, makeProject } from './project.ts'

/** Asserts which problems a rule finds in a project of `files`; `wanted` are patterns in order. */
export function expectProblems(
  check: Rule<Project>,
  files: Readonly<Record<string, string>>,
  wanted: readonly RegExp[],
): void {
  const found = check(makeProject(files)).map(formatProblem)
  assert.equal(found.length, wanted.length, found.join('\n') || 'no problem was found')
  for (const [index, pattern] of wanted.entries()) assert.match(found[index] ?? '', pattern)
}
