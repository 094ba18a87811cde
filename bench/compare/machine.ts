import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, tmpdir, totalmem, type } from 'node:os'
import { formatBytes } from '#cli/bench/format-number.ts'

/** What a result depends on beside the programs. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memory: string
  readonly kernel: string
  readonly node: string
  /** File system of the data directories. */
  readonly dataOn: string
  /** Load averages over 1, 5 and 15 minutes before the first run. */
  readonly loadBefore: readonly number[]
}

/** Facts of this machine now. */
export function machineFacts(): Machine {
  const all = cpus()
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memory: formatBytes(totalmem()),
    kernel: `${type()} ${release()}`,
    node: process.version,
    dataOn: fileSystemOf(tmpdir()),
    loadBefore: loadavg().map((value) => Number(value.toFixed(2))),
  }
}

/** Short name of the commit that is measured; marked when files differ from it. */
export function commitName(root: string): string {
  const git = (...args: string[]): string => {
    const { stdout, status } = spawnSync('git', args, { cwd: root, encoding: 'utf8' })
    return status === 0 ? stdout.trim() : ''
  }
  const commit = git('rev-parse', '--short=9', 'HEAD')
  if (commit === '') return 'unknown'
  return git('status', '--porcelain', '--', 'src') === '' ? commit : `${commit}-changed`
}

function fileSystemOf(path: string): string {
  try {
    const mounts = readFileSync('/proc/mounts', 'latin1')
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, point = '']) => path === point || path.startsWith(point.replace(/\/?$/, '/')))
    const [, , kind = 'unknown'] =
      mounts.toSorted(([, a = ''], [, b = '']) => b.length - a.length)[0] ?? []
    return kind
  } catch {
    return 'unknown'
  }
}
