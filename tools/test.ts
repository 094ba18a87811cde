/**
 * Runs what a change must pass: types (of the product and of the dashboard), lint, format, then the
 * tests.
 *
 *   node tools/test.ts [--only types,pages,lint,format,unit,slow] [file or glob…]
 *
 * The steps before the tests report as they go; one that fails is counted again as a failed test,
 * so that the summary of the test runner, printed last, tells the whole truth. With `CI=true` a
 * skipped test is a failure: a machine that cannot run a test must not look as if it had.
 */
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { findTests, isSlow } from './testing/find-tests.ts'
import { TestTally } from './testing/tally.ts'

const CONCURRENCY_MAX = 2
const FILE_TIMEOUT_MS = 300_000
const SLOW_FILE_TIMEOUT_MS = 3_600_000
const STEPS = ['types', 'pages', 'lint', 'format', 'unit', 'slow'] as const
const DEFAULT_STEPS: readonly Step[] = ['types', 'pages', 'lint', 'format', 'unit']

type Step = (typeof STEPS)[number]

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const COMMANDS: ReadonlyMap<Step, readonly string[]> = new Map([
  ['types', ['typescript/bin/tsc', '--noEmit', '--project', '.']],
  ['pages', ['typescript/bin/tsc', '--noEmit', '--project', 'dashboard']],
  ['lint', ['oxlint/bin/oxlint', '--deny-warnings', `--format=${lintFormat()}`]],
  ['format', ['oxfmt/bin/oxfmt', '--check']],
])

/** Pictures of the code for a person, one line for each problem in a log. */
function lintFormat(): string {
  return process.stdout.isTTY ? 'default' : 'unix'
}

function parseSteps(list: string | undefined): readonly Step[] {
  if (list === undefined) return DEFAULT_STEPS
  const names = list.split(',')
  const unknown = names.filter((name) => !STEPS.some((step) => step === name))
  if (unknown.length === 0) return STEPS.filter((step) => names.includes(step))
  throw new Error(`unknown step ${unknown.join(', ')}; steps are ${STEPS.join(', ')}`)
}

function runCommand(step: Step, command: readonly string[]): boolean {
  const [script = '', ...args] = command
  const startedMs = performance.now()
  const options = { cwd: root, stdio: 'inherit' } as const
  const path = join(root, 'node_modules', script)
  const { status, error } = spawnSync(process.execPath, [path, ...args], options)
  if (error !== undefined) console.error(`${step}: ${error.message}`)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  console.log(`${status === 0 ? '✔' : '✖'} ${step} (${seconds} s)`)
  return status === 0
}

async function runTests(files: readonly string[], timeoutMs: number): Promise<boolean> {
  const tally = new TestTally(process.env['CI'] === 'true')
  const events = run({
    files: [...files],
    cwd: root,
    concurrency: Math.min(CONCURRENCY_MAX, availableParallelism()),
    timeout: timeoutMs,
  })
  events.on('test:pass', (event) => tally.pass(event))
  events.on('test:fail', () => tally.fail())
  events.on('test:summary', (event) => tally.summary(event))
  for await (const text of events.compose(spec)) process.stdout.write(String(text))
  return tally.ok
}

async function main(): Promise<boolean> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { only: { type: 'string' } },
  })
  const steps = parseSteps(values.only)
  const failed = steps.filter((step) => {
    const command = COMMANDS.get(step)
    return command !== undefined && !runCommand(step, command)
  })
  const slow = steps.includes('slow')
  if (!slow && !steps.includes('unit')) return failed.length === 0
  const files = findTests(root, positionals, slow ? isSlow : (path) => !isSlow(path))
  if (files.length === 0) throw new Error('no test file matches')
  process.env['TIDEWAY_FAILED_STEPS'] = failed.join(',')
  const failures = failed.length === 0 ? [] : [join(root, 'tools/testing/failed-steps.ts')]
  return runTests([...failures, ...files], slow ? SLOW_FILE_TIMEOUT_MS : FILE_TIMEOUT_MS)
}

try {
  process.exitCode = (await main()) ? 0 : 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
