import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Environment } from '#config/env.ts'
import type { LoadOptions, SourceText } from '#config/load.ts'

const DEFAULT_FILE = 'etc/tideway.conf'

/** A configuration file that cannot be read. */
export class ConfigFileError extends Error {
  override readonly name = 'ConfigFileError'
}

/**
 * Reads configuration files.
 * @param files empty: `etc/tideway.conf` if it exists, else nothing but defaults
 * @throws ConfigFileError when a named file cannot be read
 */
export function readLayers(files: readonly string[], env: Environment): LoadOptions {
  const paths = files.length === 0 && existsSync(DEFAULT_FILE) ? [DEFAULT_FILE] : files
  return {
    files: paths.map(readSource),
    env,
    readInclude(name, from) {
      const path = resolve(dirname(from), name)
      return existsSync(path) ? readSource(path) : undefined
    },
  }
}

function readSource(path: string): SourceText {
  try {
    return { source: path, text: readFileSync(path, 'utf8') }
  } catch (error) {
    const code = (error as { code?: string }).code ?? String(error)
    const remedy = code === 'ENOENT' ? 'it does not exist' : code
    throw new ConfigFileError(`configuration file ${path} cannot be read: ${remedy}`)
  }
}
