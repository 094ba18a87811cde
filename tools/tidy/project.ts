import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'
import { type ImportEdge, type SourceFile, parseSource } from './source.ts'

/** The repository as the rules see it. */
export interface Project {
  /** Every text file, by its path from the root. */
  readonly texts: ReadonlyMap<string, string>
  /** Those of them that are code, parsed. */
  readonly sources: ReadonlyMap<string, SourceFile>
}

const CODE = /\.(?:ts|mts|mjs|js)$/
const FILE_BYTES_MAX = 2_000_000

/** A project of texts that need not be on disk: `{ 'src/kernel/a.ts': '…' }`. */
export function makeProject(texts: Readonly<Record<string, string>>): Project {
  const entries = Object.entries(texts)
  const code = entries.filter(([path]) => CODE.test(path))
  return {
    texts: new Map(entries),
    sources: new Map(code.map(([path, text]) => [path, parseSource(path, text)])),
  }
}

/** Reads the repository at `root`: what git tracks, and what it would track. */
export function loadProject(root: string): Project {
  const texts: Record<string, string> = {}
  for (const path of listFiles(root)) {
    const absolute = join(root, path)
    const { size } = statSync(absolute)
    if (size > FILE_BYTES_MAX) continue
    const bytes = readFileSync(absolute)
    if (!bytes.includes(0)) texts[path] = bytes.toString('utf8')
  }
  return makeProject(texts)
}

/** The file of the project an import leads to, or undefined for a package or built-in module. */
export function resolveImport(
  from: string,
  edge: Pick<ImportEdge, 'specifier'>,
): string | undefined {
  const { specifier } = edge
  if (specifier.startsWith('./') || specifier.startsWith('../'))
    return join(dirname(from), specifier)
  if (specifier.startsWith('#')) return `src/${specifier.slice(1)}`
  return undefined
}

/** The layer folder of a file under `src/`; undefined elsewhere. */
export function layerOf(path: string): string | undefined {
  const [top, folder, below] = path.split('/')
  return top === 'src' && below !== undefined ? folder : undefined
}

/** True for tests, benchmarks and fuzzers, which stand beside the file they try. */
export function isTrial(path: string): boolean {
  return /\.(?:test|bench|fuzz)\.ts$/.test(path) || path.startsWith('test/')
}

function listFiles(root: string): readonly string[] {
  const listed = existsSync(join(root, '.git')) ? listByGit(root) : listByWalk(root)
  return listed.filter(
    (path) => existsSync(join(root, path)) && statSync(join(root, path)).isFile(),
  )
}

function listByGit(root: string): readonly string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z']
  const output = execFileSync('git', args, { cwd: root, encoding: 'utf8' })
  return [...new Set(output.split('\0'))].filter((path) => path !== '')
}

/** For a copy of the sources without history. */
function listByWalk(root: string): readonly string[] {
  const exclude = ['node_modules/**', 'data/**', 'log/**']
  return globSync(['**/*', '.ci/**/*', '.npmrc', '.gitignore'], { cwd: root, exclude })
}
