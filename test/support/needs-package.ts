/** Foreign programs that tests talk to, and what happens when they are not installed. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Options of a test or suite that can be left out. */
export interface NeedOptions {
  readonly skip?: string
}

/** Whether a program can be started and ends with code 0 for `args`. */
export function canRun(command: string, args: readonly string[]): boolean {
  return spawnSync(command, [...args], { stdio: 'ignore' }).status === 0
}

/** Whether a command is in the path, or, given with its folder, is there. */
export function isInstalled(command: string): boolean {
  return command.includes('/') ? existsSync(command) : canRun('sh', ['-c', `command -v ${command}`])
}

/**
 * Without the package the tests are left out with one line that says so. Where everything is to
 * be tested (`CI=true`) they run and fail.
 */
export function needsPackage(debianPackage: string, isThere: boolean): NeedOptions {
  if (isThere || process.env['CI'] === 'true') return {}
  return { skip: `${debianPackage} is not installed: apt-get install ${debianPackage}` }
}
