/**
 * Runs the benchmarks of single parts: every *.bench.ts of the repository.
 *
 *   node bench/micro/run.ts [part of a path…]
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const wanted = process.argv.slice(2)
const files = globSync(['src/**/*.bench.ts', 'test/**/*.bench.ts', 'bench/**/*.bench.ts'], {
  cwd: root,
})
  .filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)))
  .toSorted()

if (files.length === 0) {
  console.error(`no benchmark has ${wanted.join(' or ')} in its path`)
  process.exitCode = 1
}
for (const file of files) {
  console.log(`\n== ${file}`)
  // Some measure memory and collect garbage before.
  const args = ['--expose-gc', join(root, file)]
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
