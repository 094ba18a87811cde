import { statSync } from 'node:fs'

const READ_BY_OTHERS = 0o004

/** Whether every user of this host may read a file; false for one that cannot be looked at. */
export function isReadableByAll(path: string): boolean {
  if (process.platform === 'win32') return false // It has other rights.
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0
  return (mode & READ_BY_OTHERS) !== 0
}
