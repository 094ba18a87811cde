/**
 * Builds the pages of the dashboard into dashboard/dist, unless they are there already.
 *
 *   node tools/build-dashboard.ts [--check]
 *
 * `--check` builds nothing and ends with code 1 when a build is needed. What was built is known by
 * a digest of everything that goes into it. Each file is compressed here, once, and not each time
 * that a browser asks for it.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, 'dashboard')
const stampPath = join(folder, 'dist', 'inputs.sha256')
const INPUTS = [
  'dashboard/src/**/*',
  'dashboard/{index.html,package-lock.json,tsconfig.json,vite.config.ts}',
  'src/{management/contract/**/*,kernel/payload-format}.ts',
  'tools/build-dashboard.ts',
]
/** Smaller ones fit a packet anyway. */
const COMPRESSED_BYTES_MIN = 1_000

function digestOfInputs(): string {
  const hash = createHash('sha256')
  for (const path of globSync(INPUTS, { cwd: root }).toSorted()) {
    const file = join(root, path)
    if (statSync(file).isFile()) hash.update(path).update('\0').update(readFileSync(file))
  }
  return hash.digest('hex')
}

function isCurrent(digest: string): boolean {
  return existsSync(stampPath) && readFileSync(stampPath, 'utf8') === digest
}

function compress(): void {
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY }
  for (const path of globSync('dist/**/*.{html,js,css,svg}', { cwd: folder })) {
    const bytes = readFileSync(join(folder, path))
    if (bytes.length < COMPRESSED_BYTES_MIN) continue
    writeFileSync(join(folder, `${path}.br`), brotliCompressSync(bytes, { params }))
  }
}

function build(): boolean {
  const vite = join(folder, 'node_modules', 'vite', 'bin', 'vite.js')
  const { status } = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: folder,
    stdio: 'inherit',
  })
  return status === 0
}

const digest = digestOfInputs()
if (!isCurrent(digest)) {
  const isWanted = !process.argv.includes('--check')
  if (isWanted && build()) {
    compress()
    writeFileSync(stampPath, digest)
  } else process.exitCode = 1
}
