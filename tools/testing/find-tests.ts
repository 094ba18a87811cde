import { globSync } from 'node:fs'
import { resolve } from 'node:path'

const TEST_GLOBS: readonly string[] = [
  'src/**/*.test.ts',
  'test/**/*.test.ts',
  'tools/**/*.test.ts',
  'dashboard/src/**/*.test.ts',
]

/** True for tests that run by `npm run test:slow` only. */
export function isSlow(path: string): boolean {
  return path.endsWith('.slow.test.ts')
}

/**
 * Absolute paths of the test files of the repository at `root`, sorted.
 *
 * `patterns` (files, folders or globs, relative to `root`) replace the default of all tests; a name
 * that is not a test file is ignored. Only files for which `accept` is true are returned.
 */
export function findTests(
  root: string,
  patterns: readonly string[],
  accept: (path: string) => boolean,
): readonly string[] {
  const globs = patterns.length === 0 ? TEST_GLOBS : patterns.map(toGlob)
  const found = globSync([...globs], { cwd: root })
  return [...new Set(found)]
    .filter((path) => path.endsWith('.test.ts') && accept(path))
    .map((path) => resolve(root, path))
    .toSorted()
}

function toGlob(pattern: string): string {
  if (pattern.endsWith('.ts') || pattern.includes('*')) return pattern
  return `${pattern.replace(/\/+$/, '')}/**/*.test.ts`
}
